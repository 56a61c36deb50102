// Helps whoever types a query, and whoever goes through the hits with the keys. Without it all of it works with the
// tabulator. What comes from elsewhere is written into the page as plain words only.
"use strict";
(() => {
  const box = document.getElementById("q");
  const list = document.getElementById("q-offers");
  const read = document.getElementById("q-read");
  const told = document.getElementById("q-told");
  if (!box || !list) return;

  // -- what the word may become, and how the query is read (ARIA: combobox with a list that completes)

  const NOTHING = { begun: "", offers: [], reading: "", not_understood: [] };
  let known = NOTHING;
  let marked = -1;
  let asking = null;
  let timer = 0;
  let talking = 0;
  box.removeAttribute("list");
  box.type = "text";
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-haspopup", "listbox");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-expanded", "false");

  const mark = (place) => {
    marked = place;
    [...list.children].forEach((one, at) => one.setAttribute("aria-selected", String(at === place)));
    if (place < 0) box.removeAttribute("aria-activedescendant");
    else {
      box.setAttribute("aria-activedescendant", list.children[place].id);
      list.children[place].scrollIntoView({ block: "nearest" });
    }
  };
  const close = () => {
    mark(-1);
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
  };
  const element = (name, text, kind) => {
    const made = document.createElement(name);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  const option = (offer, at) => {
    const made = element("li", "");
    made.id = `q-offer-${at}`;
    made.setAttribute("role", "option");
    made.append(element("bdi", offer.typed, "mono"));
    if (offer.words) made.append(" ", element("bdi", offer.words, "soft small"));
    made.addEventListener("mousedown", (event) => event.preventDefault());
    made.addEventListener("click", () => take(at));
    return made;
  };
  const say = () => {
    const many = known.offers.length;
    const offered = many ? `${many} ${many === 1 ? "suggestion" : "suggestions"}, arrow down to choose. ` : "";
    const unclear = known.not_understood.map((one) => ` Not understood: ${one}.`).join("");
    told.textContent = offered + (known.reading ? `Read as: ${known.reading}.` : "") + unclear;
  };
  const show = (found, open) => {
    known = found;
    list.replaceChildren(...found.offers.map(option));
    read.textContent = found.reading ? `Read as: ${found.reading}.` : "";
    for (const one of found.not_understood) read.append(element("p", `${one}.`, "notice warn"));
    read.hidden = !found.reading;
    close();
    if (open && found.offers.length && document.activeElement === box) {
      list.hidden = false;
      box.setAttribute("aria-expanded", "true");
    }
    clearTimeout(talking);
    talking = setTimeout(say, 800);
  };
  const ask = async () => {
    clearTimeout(timer);
    if (asking) asking.abort();
    asking = new AbortController();
    const at = box.selectionEnd;
    const words = new URLSearchParams({ q: box.value.slice(0, at), rest: box.value.slice(at) });
    try {
      const answer = await fetch(`${box.dataset.completions}?${words}`, { signal: asking.signal, redirect: "error" });
      show(answer.ok ? await answer.json() : NOTHING, true);
    } catch (error) {
      if (error.name !== "AbortError") show(NOTHING, false); // (without help; what was said is of other words)
    }
  };
  const take = (place) => {
    const offer = known.offers[place];
    const at = box.selectionEnd;
    if (!box.value.slice(0, at).endsWith(known.begun)) { // (something was typed meanwhile)
      ask();
      return;
    }
    const before = box.value.slice(0, at - known.begun.length);
    const put = offer.tag ? "" : offer.typed + (offer.whole ? " " : "");
    box.value = before + put + box.value.slice(at).trimStart();
    box.setSelectionRange(before.length + put.length, before.length + put.length);
    close();
    if (offer.tag) {
      const tag = box.form.elements.tag || box.form.appendChild(element("input", ""));
      Object.assign(tag, { type: "hidden", name: "tag", value: offer.typed });
      box.form.submit();
    } else ask();
  };

  box.addEventListener("input", () => {
    clearTimeout(timer);
    if (asking) asking.abort(); // (its answer would be of what stood there before)
    mark(-1);
    timer = setTimeout(ask, 150);
  });
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    // (229: the key that ends a composition, where the browser tells that it ended before it tells of the key)
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    const many = list.hidden ? 0 : list.children.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!many) ask();
      else mark((marked + (event.key === "ArrowDown" ? 1 : marked < 0 ? 0 : -1) + many) % many);
    } else if (event.key === "Enter" && many && marked >= 0) {
      event.preventDefault();
      take(marked);
    } else if (event.key === "Escape" && many) {
      event.preventDefault();
      close();
    }
  });

  // -- through the hits; single keys can be switched off (WCAG 2.1.4)

  const hits = [...document.querySelectorAll(".hits h2 a")];
  const keys = document.getElementById("keys");
  const wanted = document.getElementById("keys-wanted");
  const stored = (value) => {
    try {
      if (value !== undefined) localStorage.setItem("archiver.keys", value);
      return localStorage.getItem("archiver.keys");
    } catch {
      return null; // (a browser that keeps nothing)
    }
  };
  keys.hidden = false;
  wanted.checked = stored() !== "off";
  wanted.addEventListener("change", () => stored(wanted.checked ? "on" : "off"));
  const typing = (one) => one.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
  const here = () => hits.findIndex((one) => one.closest("li").contains(document.activeElement));
  const go = (place) => {
    const next = hits[place] || (place > 0 && document.querySelector(".pages a[rel=next]"));
    if (!next) return;
    next.focus();
    (next.closest("li") || next).scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !wanted.checked) return;
    if (typing(event.target)) return;
    const at = here();
    const does = {
      "/": () => { box.focus(); box.select(); },
      j: () => go(at + 1),
      k: () => go(Math.max(at - 1, 0)),
      x: () => { if (at >= 0) hits[at].closest("li").querySelector("input").click(); },
    }[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });
})();
