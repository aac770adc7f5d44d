import { sampleDocument, sampleState } from "../../src/line/sample.ts";
import { viewOf } from "../../src/line/view.ts";
import { type Session, sessionOf } from "../../src/model/session.ts";
import type { View } from "../../src/segments/contract.ts";
import { readSettings } from "../../src/utils/config.ts";
import { styleOf } from "../../src/utils/terminal.ts";

/** When the sample session is looked at. */
export const NOW = Date.parse("2026-11-20T10:00:00.000Z");
/** All settings by default. */
export const { settings } = readSettings([]);
/** Neither colours nor links. */
export const plain = styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false });
/** Colours and links. */
export const linked = styleOf({ theme: "classic", glyphs: "unicode", colour: true, links: true });

/** The view of the sample session, or of another, with changes. */
export function view(change: Partial<View> = {}, session: Session = sessionOf(sampleDocument(NOW, 42))): View {
  const state = sampleState(NOW, 42);
  const branch = { name: "main", detached: false };
  return { ...viewOf({ now: NOW, session, state, branch, trouble: null, settings, look: plain }), ...change };
}

/** Throws, where an expression is wanted. */
export function fail(why: string): never {
  throw new Error(why);
}
