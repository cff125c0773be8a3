// Dialogs, focus, the newest balance, renewal, Escape, and a word when the server is gone. All pages work without it.
let opener = null;
const main = document.getElementById("main");
document.addEventListener("htmx:config:request", () => { opener = document.activeElement; });   // before it is disabled
const seq = (root) => Number(root?.querySelector?.("#balance")?.dataset.seq ?? Infinity);
document.addEventListener("htmx:before:swap", (event) => {     // an answer that comes late shows no old balance
  const { ctx, tasks } = event.detail, stale = tasks.findIndex(({ fragment }) => seq(fragment) < seq(document));
  if (stale < 0) return;
  if (ctx.swap === "none") event.preventDefault();             // it was the badge's own
  else tasks.splice(stale, 1);
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
const renew = () => document.visibilityState === "visible" && document.body.dispatchEvent(new Event("renew"));
document.addEventListener("visibilitychange", renew);
addEventListener("pageshow", ({ persisted }) => persisted && renew());      // Back
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape" || document.querySelector("dialog[open], :popover-open")) return;
  document.querySelector("#onboarding-welcome form")?.requestSubmit();
});
const unreachable = () => document.getElementById("flash").replaceChildren(
  document.getElementById("unreachable").content.cloneNode(true));
document.addEventListener("htmx:error", unreachable);
document.addEventListener("htmx:after:request", () => document.querySelector(".unreachable")?.remove());   // it answers again
document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  if (ctx.response.status >= 500 && !ctx.text.includes('id="flash"')) unreachable();
});
