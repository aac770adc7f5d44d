/** The result of one check. */
export interface Check {
  readonly name: string;
  readonly state: "ok" | "note" | "broken";
  readonly message: string;
  /** How to fix it; null if there is nothing to do. */
  readonly remedy: string | null;
}

/** A check that passed. */
export const ok = (name: string, message: string): Check => ({ name, state: "ok", message, remedy: null });

/** A check with something worth knowing. */
export const note = (name: string, message: string, remedy: string | null = null): Check => ({
  name,
  state: "note",
  message,
  remedy,
});

/** A check that failed. */
export const broken = (name: string, message: string, remedy: string): Check => ({
  name,
  state: "broken",
  message,
  remedy,
});
