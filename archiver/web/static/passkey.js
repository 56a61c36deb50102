// Asks the browser for a passkey, or to make one, and sends the answer with the form it belongs to. The page says what
// to ask for; nothing else of it is read, and nothing is written into it but plain words.
"use strict";
(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form) return;
  const button = form.querySelector("button");
  const words = document.getElementById("passkey-state");
  const said = JSON.parse(form.dataset.options);
  const making = form.dataset.passkey === "make";
  const say = (text) => { words.textContent = text; };

  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (one) => one.charCodeAt(0));
  };
  const text = (buffer) => {
    let plain = "";
    for (const one of new Uint8Array(buffer)) plain += String.fromCharCode(one);
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  if (!window.isSecureContext || !window.PublicKeyCredential || !navigator.credentials) {
    say("This browser has no passkeys, or only over https. Use another browser, or the other way to sign in.");
    return;
  }
  button.disabled = false;
  say("");

  const asked = () => {
    const options = { ...said, challenge: bytes(said.challenge) };
    if (making) {
      options.user = { ...said.user, id: bytes(said.user.id) };
      options.excludeCredentials = named(said.excludeCredentials);
      return navigator.credentials.create({ publicKey: options });
    }
    options.allowCredentials = named(said.allowCredentials);
    return navigator.credentials.get({ publicKey: options });
  };
  const answer = (found) => {
    const response = { clientDataJSON: text(found.response.clientDataJSON) };
    if (making) response.attestationObject = text(found.response.attestationObject);
    else {
      response.authenticatorData = text(found.response.authenticatorData);
      response.signature = text(found.response.signature);
      if (found.response.userHandle) response.userHandle = text(found.response.userHandle);
    }
    return JSON.stringify({ id: found.id, rawId: text(found.rawId), type: found.type, response });
  };

  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    button.disabled = true;
    say("The browser asks for it now.");
    try {
      form.elements.answer.value = answer(await asked());
      form.submit();
    } catch (error) {
      const known = error && error.name === "InvalidStateError";
      say(known ? "This device has a passkey for these pages already." : "Nothing came of it: it was stopped, or took too long. Try again.");
      button.disabled = false;
    }
  });
})();
