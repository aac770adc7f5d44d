/** A text that the browser keeps for the page. */
export interface KeptText {
  /** Null if there is none. */
  readonly get: () => string | null;
  /** Null removes it. */
  readonly set: (text: string | null) => void;
}

/** A text in a storage of the browser. One that refuses to keep anything keeps nothing, and the page goes on without. */
export const keptIn = (storage: () => Pick<Storage, "getItem" | "setItem" | "removeItem">, key: string): KeptText => ({
  get() {
    try {
      return storage().getItem(key);
    } catch {
      return null;
    }
  },
  set(text) {
    try {
      if (text === null) storage().removeItem(key);
      else storage().setItem(key, text);
    } catch {
      // The choice holds until the page is closed.
    }
  },
});
