import { signal } from "@preact/signals";
import { ask } from "./api.ts";
import { token } from "./session.ts";

/** What this page shows: the ledger of one machine, or that of a hub. */
export interface About {
  readonly kind: "machine" | "hub";
  readonly name: string;
  /** Version of the program that serves the page. */
  readonly program: string;
  /** What the token may: read, write or admin. */
  readonly scope: string;
  readonly machines: readonly { readonly name: string; readonly person: string }[];
}

/** Null until the server has answered. */
export const about = signal<About | null>(null);

/** Asks what the server is, and which machines it has. */
export async function askAbout(): Promise<void> {
  const sent = token.value;
  try {
    const found = await ask<About>("/api/v1/about");
    // Another token may say something else of what it may do.
    if (token.value === sent) about.value = found;
  } catch {
    // It is asked again when the connection is back.
  }
}
