// On the page of a record that was opened from a search: single keys lead to the hits beside it and back to the list.
// They are switched off where those of the search page are (WCAG 2.1.4). Without it the links do the same.
"use strict";
(() => {
  const ways = document.getElementById("hits-beside");
  if (!ways) return;
  const wanted = () => {
    try {
      return localStorage.getItem("archiver.keys") !== "off";
    } catch {
      return true; // (a browser that keeps nothing)
    }
  };
  const typing = (one) => one.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || !wanted()) return;
    const which = { j: "a[rel=next]", k: "a[rel=prev]", u: "a[data-back]" }[event.key];
    const way = which && ways.querySelector(which);
    if (!way) return;
    event.preventDefault();
    way.click();
  });
})();
