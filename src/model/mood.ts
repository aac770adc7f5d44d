/** How close a limit is to being used up; also the mood of the pet. */
export type Mood = "content" | "watchful" | "worried" | "exhausted";

/** The mood for a percentage (0-100): watchful from 50, worried from 80, exhausted from 95. */
export function moodOf(percent: number): Mood {
  if (percent >= 95) return "exhausted";
  if (percent >= 80) return "worried";
  return percent >= 50 ? "watchful" : "content";
}
