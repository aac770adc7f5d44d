import { sampleDocument, sampleState } from "../../src/line/sample.ts";
import { viewOf } from "../../src/line/view.ts";
import { type Session, sessionOf } from "../../src/model/session.ts";
import type { View } from "../../src/segments/contract.ts";
import { readSettings } from "../../src/utils/config.ts";
import { styleOf } from "../../src/utils/terminal.ts";

/** Time at which the sample session is rendered. */
export const NOW = Date.parse("2026-11-20T10:00:00.000Z");
/** The default settings. */
export const { settings } = readSettings([]);
/** A style without colours and links. */
export const plain = styleOf({ theme: "classic", glyphs: "unicode", colour: false, links: false });
/** A style with colours and links. */
export const linked = styleOf({ theme: "classic", glyphs: "unicode", colour: true, links: true });

/** The view of a session, by default the sample, with changes. */
export function view(change: Partial<View> = {}, session: Session = sessionOf(sampleDocument(NOW, 42))): View {
  const state = sampleState(NOW, 42);
  const branch = { name: "main", detached: false };
  return { ...viewOf({ now: NOW, session, state, branch, problem: null, settings, style: plain }), ...change };
}

/** Throws; can be used as an expression. */
export function fail(why: string): never {
  throw new Error(why);
}
