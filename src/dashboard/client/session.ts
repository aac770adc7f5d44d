import { signal } from "@preact/signals";
import { keptIn } from "./kept.ts";

/** Where the token is kept: for this tab only. A cookie would be sent to every port of the host. */
const kept = keptIn(() => sessionStorage, "pawprint-token");

/** The token of this tab; null while nobody is signed in. */
export const token = signal<string | null>(null);

/** Goes on with the token that this tab had before it was reloaded. */
export const restoreToken = (): void => void (token.value = kept.get());

/** Why nobody is signed in, as the server said it; null if nobody tried, or somebody is. */
export const signedOut = signal<{ readonly message: string; readonly hint: string } | null>(null);

/** Signs in with a token, or out with null and the reason. */
export function setToken(text: string | null, why: typeof signedOut.value = null): void {
  signedOut.value = why;
  token.value = text;
  kept.set(text);
}

/** Takes the single-use code out of the address, so that neither history nor a bookmark has it; null if there is none. */
export function takeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code !== null) history.replaceState(null, "", location.pathname + location.search);
  return code;
}
