import pets from "../../data/pets.json";
import { type Mood, moodOf } from "../model/mood.ts";
import { isSameMonth } from "../model/quota.ts";
import { entryOf } from "../utils/json.ts";
import type { Segment, View } from "./contract.ts";

/** A face whose mood follows the fullest limit: content, watchful from 50%, worried from 80%, exhausted from 95%. */
export const pet: Segment = {
  name: "pet",
  description:
    "a face whose mood follows the fullest limit: content, watchful from 50%, worried from 80%, exhausted from 95%; asleep when idle, unwell when logging or a setting has a problem",
  row: 1,
  priority: 100,
  render(view) {
    if (view.pack === "none") return null;
    const pack = entryOf(pets, view.pack) ?? pets.cat;
    return view.style.paint("pet", pack[view.style.glyphs][mood(view)]);
  },
};

/** A session without a request for this long (milliseconds) counts as idle. */
const IDLE_MS = 600_000;

function mood(view: View): Mood | "asleep" | "unwell" {
  if (view.problem !== null) return "unwell";
  let highest = view.extra && isSameMonth(view.extra.observedAt, view.now) ? (view.extra.percent ?? 0) : 0;
  for (const { percent, resetsAt } of view.limits) {
    if (resetsAt === null || resetsAt > view.now) highest = Math.max(highest, percent);
  }
  const worst = moodOf(highest);
  if (worst === "exhausted" || worst === "worried") return worst;
  const { cache } = view.session;
  return cache !== null && view.now - (cache.expiresAt - cache.ttlMs) > IDLE_MS ? "asleep" : worst;
}
