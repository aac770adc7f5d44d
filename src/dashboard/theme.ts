import { effect, signal } from "@preact/signals";
import { keptIn } from "./client/kept.ts";

const themes = ["system", "light", "dark"] as const;
type Theme = (typeof themes)[number];
const kept = keptIn(() => localStorage, "pawprint-theme");

const isTheme = (text: string | null): text is Theme => themes.some((one) => one === text);

/** The colours of the page: those of the system, light or dark. */
export const theme = signal<Theme>("system");

/** Chooses the next one, and keeps the choice in this browser. */
export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? "system";
  kept.set(theme.value);
}

/** Takes the choice that was kept, and follows it. */
export function watchTheme(): void {
  const chosen = kept.get();
  if (isTheme(chosen)) theme.value = chosen;
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
  });
}
