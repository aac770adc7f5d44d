import { signal } from "@preact/signals";
import { go, hrefOf } from "./client/location.ts";
import { pages } from "./pages/registry.ts";

/** Whether the list of keys is shown. */
export const isHelpShown = signal(false);

/** How long the second key of two may take, milliseconds. */
const CHORD_MS = 1_500;

/** The keys and what they do, for the list. */
export const keyList: readonly (readonly [keys: string, what: string])[] = [
  ...pages.flatMap(({ key, title }) => (key === null ? [] : [[`g ${key}`, `go to ${title}`] as const])),
  ["/", "search"],
  ["j, k", "next, previous row"],
  ["Enter", "open the row"],
  ["?", "show or hide this list"],
];

/** Listens to keys. A page's search field has the attribute data-search, and each of its rows that keys move over data-row. */
export function watchKeys(): void {
  let pressed = { key: "", at: 0 };
  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const { key, target } = event;
    // A dialog has the keys for itself; the browser closes it by Escape.
    if (document.querySelector("dialog[open]") && !(isHelpShown.value && key === "?")) return;
    if (key === "Escape" && target instanceof HTMLElement) target.blur();
    if (target instanceof HTMLElement && target.matches("input, select, textarea, [contenteditable]")) return;
    const wasG = pressed.key === "g" && performance.now() - pressed.at < CHORD_MS;
    pressed = { key, at: performance.now() };
    const page = wasG ? pages.find((one) => one.key === key) : undefined;
    if (page) go(hrefOf(page.path));
    else if (!press(key)) return;
    event.preventDefault();
  });
}

/** Does what a single key does; returns whether it does anything. */
function press(key: string): boolean {
  if (key === "?") isHelpShown.value = !isHelpShown.value;
  else if (key === "/") document.querySelector<HTMLElement>("[data-search]")?.focus();
  else if (key === "j") moveRow(1);
  else if (key === "k") moveRow(-1);
  else return false;
  return true;
}

function moveRow(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  const at = rows.findIndex((row) => row === document.activeElement);
  rows[Math.min(Math.max(at + by, 0), rows.length - 1)]?.focus();
}
