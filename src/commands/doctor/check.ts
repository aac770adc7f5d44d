/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly state: "ok" | "note" | "broken";
  readonly message: string;
  /** What to do about it; null where nothing is to be done. */
  readonly remedy: string | null;
}

/** What is as it should be. */
export const ok = (name: string, message: string): Check => ({ name, state: "ok", message, remedy: null });

/** What is worth knowing. */
export const note = (name: string, message: string, remedy: string | null = null): Check => ({
  name,
  state: "note",
  message,
  remedy,
});

/** What does not work. */
export const broken = (name: string, message: string, remedy: string): Check => ({
  name,
  state: "broken",
  message,
  remedy,
});
