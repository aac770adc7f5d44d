import pets from "../../../data/pets.json";
import { moodOf } from "../../model/mood.ts";

/** The pet of the status line: its mood follows the fullest limit (percent), and it sleeps where nobody works. */
export function Pet({ fullest, isAtWork }: { fullest: number; isAtWork: boolean }) {
  const worst = moodOf(fullest);
  const mood = !isAtWork && (worst === "content" || worst === "watchful") ? "asleep" : worst;
  return (
    <span class="pet" role="img" aria-label={`The pet is ${mood}`} title={`The pet is ${mood}`}>
      {pets.cat.unicode[mood]}
    </span>
  );
}
