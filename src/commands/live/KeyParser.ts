/** A key press. `name` is one of NAMED_KEYS or the character of the key; a letter with Ctrl is written in lower case. */
export interface Key {
  readonly name: string;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
}

const NONE = { ctrl: false, alt: false, shift: false };
const ESCAPE = "\x1b";

/** Keys by the final character of a CSI or SS3 sequence. https://invisible-island.net/xterm/ctlseqs/ctlseqs.html */
const BY_FINAL: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  P: "f1",
  Q: "f2",
  R: "f3",
  S: "f4",
  Z: "tab",
};
/** Keys by the number of a CSI sequence that ends with "~". */
const BY_NUMBER: Readonly<Record<string, string>> = Object.fromEntries(
  (
    "1 home 2 insert 3 delete 4 end 5 pageUp 6 pageDown 7 home 8 end 11 f1 12 f2 13 f3 14 f4 15 f5 17 f6 18 f7 19 f8 " +
    "20 f9 21 f10 23 f11 24 f12"
  )
    .matchAll(/(\d+) (\w+)/g)
    .map(([, number = "", name = ""]) => [number, name]),
);
const BY_CONTROL: Readonly<Record<string, string>> = {
  "\t": "tab",
  "\r": "enter",
  "\n": "enter",
  "\b": "backspace",
  "\x7f": "backspace",
};
const PASTE_BEGIN = "200";
const PASTE_END = "\x1b[201~";
/** Parameters of a sequence that are kept, characters; no key has more. */
const MAX_PARAMETERS = 16;

/** Names of the keys without a character. */
export const NAMED_KEYS: ReadonlySet<string> = new Set([
  "escape",
  ...Object.values(BY_FINAL),
  ...Object.values(BY_NUMBER),
  ...Object.values(BY_CONTROL),
]);

/** What the next character belongs to; "linux" is the rest of a function key of the Linux console, "skip" of a mouse report. */
type SequencePart = "plain" | "escape" | "csi" | "ss3" | "linux" | "skip" | "string" | "paste";

/** What begins after an escape and this character. */
const INTRODUCERS: ReadonlyMap<string, SequencePart> = new Map([
  ["[", "csi"],
  ["O", "ss3"],
  ["]", "string"],
  ["P", "string"],
  ["_", "string"],
  ["^", "string"],
]);

/** Parts whose beginning may also be a key of its own. */
const AMBIGUOUS: ReadonlySet<SequencePart> = new Set(["escape", "csi", "ss3", "string"]);

/**
 * Parses what a terminal in raw mode sends into key presses, in pieces of any size. Sequences that are no keys, replies of the
 * terminal and pasted text are left out. Memory is bounded.
 */
export class KeyParser {
  readonly #decoder = new TextDecoder();
  #part: SequencePart = "plain";
  /** The character after the escape of the sequence; "" before it. */
  #introducer = "";
  /** Whether an escape came before the sequence: Alt and a key, or Esc and then a key. */
  #isAfterEscape = false;
  /** Parameters of a sequence, or the last characters of a reply or a pasted text. */
  #kept = "";
  /** Characters of a mouse report still to come. */
  #toSkip = 0;

  /** Whether it waits for the rest of a sequence that may also be a key of its own, such as Esc. */
  get isPending(): boolean {
    return this.#kept === "" && AMBIGUOUS.has(this.#part);
  }

  /** The key presses in these bytes. */
  push(bytes: Uint8Array): Key[] {
    return Array.from(this.#decoder.decode(bytes, { stream: true })).flatMap((char) => this.#next(char));
  }

  /** The keys of an unfinished sequence after which nothing came in time: Esc, or Alt and a key such as [ or O. */
  flush(): Key[] {
    if (!this.isPending) return [];
    const last = this.#part === "escape" ? keyOf("escape") : keyOf(this.#introducer, { alt: true });
    const before = this.#isAfterEscape ? [keyOf("escape")] : [];
    this.#restart();
    return [...before, last];
  }

  #next(char: string): Key[] {
    switch (this.#part) {
      case "plain":
        if (char !== ESCAPE) return charKeys(char, false);
        this.#part = "escape";
        return [];
      case "escape":
        return this.#afterEscape(char);
      case "csi":
        return this.#inCsi(char);
      case "ss3":
        return this.#inSs3(char);
      case "linux":
        return this.#end(char >= "A" && char <= "E" ? `f${char.charCodeAt(0) - 64}` : undefined, "");
      case "skip":
        if (--this.#toSkip === 0) this.#restart();
        return [];
      case "string":
        return this.#inString(char);
      case "paste":
        // Terminals leave Ctrl-C out of pasted text, so it still works where the end of the text was lost.
        if (char === "\x03") return this.#broken(char);
        this.#kept = (this.#kept + char).slice(-PASTE_END.length);
        if (this.#kept === PASTE_END) this.#restart();
        return [];
    }
  }

  #afterEscape(char: string): Key[] {
    if (char === ESCAPE) {
      const keys = this.#isAfterEscape ? [keyOf("escape")] : [];
      this.#isAfterEscape = true;
      return keys;
    }
    const begun = INTRODUCERS.get(char);
    if (begun !== undefined) {
      this.#part = begun;
      this.#introducer = char;
      return [];
    }
    const before = this.#isAfterEscape ? [keyOf("escape")] : [];
    this.#restart();
    return [...before, ...charKeys(char, true)];
  }

  #inCsi(char: string): Key[] {
    if (char >= " " && char <= "?") {
      this.#kept = (this.#kept + char).slice(0, MAX_PARAMETERS);
      return [];
    }
    const parameters = this.#kept;
    if (char === "[" && parameters === "") this.#part = "linux";
    else if (char === "M" && parameters === "") [this.#part, this.#toSkip] = ["skip", 3];
    else if (char === "~" && parameters === PASTE_BEGIN) [this.#part, this.#kept] = ["paste", ""];
    else if (char === "~") return this.#end(BY_NUMBER[parameters.split(";")[0] ?? ""], parameters);
    else if (char >= "@" && char <= "~") return this.#end(BY_FINAL[char], parameters, char === "Z");
    else return this.#broken(char);
    return [];
  }

  #inSs3(char: string): Key[] {
    if (/[0-9;]/.test(char)) {
      this.#kept = (this.#kept + char).slice(0, MAX_PARAMETERS);
      return [];
    }
    if (char >= "@" && char <= "~") return this.#end(BY_FINAL[char], `1;${this.#kept}`);
    return this.#broken(char);
  }

  /** A reply of the terminal ends with BEL or ESC \; any other control character interrupts it. */
  #inString(char: string): Key[] {
    const isEnd = char === "\x07" || (this.#kept === ESCAPE && char === "\\");
    if (isEnd) this.#restart();
    else if (this.#kept === ESCAPE) {
      this.#restart();
      return this.#next(ESCAPE).concat(this.#next(char));
    } else if (char < " " && char !== ESCAPE) return this.#broken(char);
    else this.#kept = char;
    return [];
  }

  /** A sequence that another character interrupted is no key; the character is. */
  #broken(char: string): Key[] {
    this.#restart();
    return this.#next(char);
  }

  /** Ends a sequence. The second of its parameters is one more than the sum of Shift 1, Alt 2 and Ctrl 4. */
  #end(name: string | undefined, parameters: string, isShifted = false): Key[] {
    const alt = this.#isAfterEscape;
    this.#restart();
    if (name === undefined) return [];
    const modifiers = Math.max(Number.parseInt(parameters.split(";")[1] ?? "", 10) || 1, 1) - 1;
    return [
      keyOf(name, {
        shift: isShifted || (modifiers & 1) !== 0,
        alt: alt || (modifiers & 2) !== 0,
        ctrl: (modifiers & 4) !== 0,
      }),
    ];
  }

  #restart(): void {
    this.#part = "plain";
    this.#introducer = "";
    this.#isAfterEscape = false;
    this.#kept = "";
    this.#toSkip = 0;
  }
}

const keyOf = (name: string, change: Partial<Key> = {}): Key => ({ name, ...NONE, ...change });

/** The key of one character; a control character is Ctrl and a letter. */
function charKeys(char: string, alt: boolean): Key[] {
  const named = BY_CONTROL[char];
  if (named !== undefined) return [keyOf(named, { alt })];
  if (char === "\0") return [keyOf(" ", { alt, ctrl: true })];
  if (char < " ") return [keyOf(String.fromCharCode(char.charCodeAt(0) + 64).toLowerCase(), { alt, ctrl: true })];
  if (char >= "\x80" && char < "\xa0") return [];
  return [keyOf(char, { alt })];
}
