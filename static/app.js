// Opens dialogs, gives focus back, keeps the newest balance, lets Escape end the welcome panel,
// and speaks up when the server is gone. Everything on the pages works without it.
let opener = null;
const main = document.getElementById("main");
document.addEventListener("htmx:config:request", () => { opener = document.activeElement; });   // before it is disabled
const seq = (root) => Number(root?.querySelector?.("#balance")?.dataset.seq ?? Infinity);
document.addEventListener("htmx:before:swap", ({ detail: { tasks } }) => {     // an answer that comes late shows no old balance
  const stale = tasks.findIndex(({ type, fragment }) => type === "oob" && seq(fragment) < seq(document));
  if (stale >= 0) tasks.splice(stale, 1);
});
document.addEventListener("htmx:after:swap", () => {
  const back = opener;
  const dialog = document.querySelector("#dialog > dialog:not([open])");
  if (dialog) {
    dialog.addEventListener("close", () => {
      dialog.remove();
      setTimeout(() => (back?.isConnected ? back : main).focus());
    }, { once: true });
    dialog.showModal();
  } else if (document.activeElement === document.body && back && !back.isConnected) {
    (document.querySelector("dialog[open]") ?? main).focus({ preventScroll: true });
  }
});
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape" || document.querySelector("dialog[open], :popover-open")) return;
  document.querySelector("#onboarding-welcome form")?.requestSubmit();
});
const unreachable = () => document.getElementById("flash").replaceChildren(
  document.getElementById("unreachable").content.cloneNode(true));
document.addEventListener("htmx:error", unreachable);
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  if (ctx.response.status >= 500 && !ctx.text.includes('id="flash"')) unreachable();
});
