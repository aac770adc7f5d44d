import type { ActionObservation, Correction, Observation, Place, SessionObservation } from "../../model/observation.ts";
import { type Fields, isFields, text } from "../../utils/json.ts";
import type { Emitter, SourceFile } from "../contract.ts";
import { asCopyOf, FORKED, originalOf, placeOf, transcriptOf } from "./line.ts";
import { firstWorktrees, withWorktree, type Worktrees } from "./worktrees.ts";

/** Emits an action under an id. */
export type EmitTranscriptAction = (
  id: string,
  details: Partial<ActionObservation> & Pick<ActionObservation, "action">,
) => void;

/** Time range of a session while it is collected. */
type SessionRange = { -readonly [K in keyof SessionObservation]: SessionObservation[K] };

type TranscriptAction = Observation<"action">;

/** Prompts and sessions that may wait for a response at once. The bound protects against malformed files. */
const MAX_WAITING = 32;

/** `copy` of a prompt that may be the session's own or a copy. A session that certainly owns it wins. */
const UNCERTAIN_COPY = 2;

/** State needed to continue with a transcript's lines. */
interface TranscriptMemory {
  readonly worktrees: Worktrees;
  /**
   * Session that the newest response was copied from; null if it is not a copy, undefined before the first response.
   */
  readonly original?: string | null | undefined;
  readonly isFork: boolean;
  /** Belongs to the session unless the next response turns out to be a copy. */
  readonly prompts: readonly TranscriptAction[];
  readonly ranges: readonly SessionRange[];
}

/**
 * Decides which session the lines of a transcript belong to. A fork begins with copies of its parent's lines, and
 * `--fork-session` marks them on responses only. Tool results follow the response that used the tools and are copies if
 * it is one. A prompt comes before its response, so it waits for it and is a copy if the response is one. Of several
 * prompts before one of the session's own responses, only the last is certainly its own; the others were interrupted,
 * either in this session or in the one it was forked from.
 */
export class Transcript {
  readonly #path: string;
  readonly #emitter: Emitter;
  #memory: TranscriptMemory;
  readonly #ownRanges = new Map<string, SessionRange>();
  /** The range extended last. The next line nearly always belongs to the same session. */
  #lastRange: SessionRange | null = null;
  /**
   * About the last line passed to `startLine`: its place, the session it was copied from, and whether a prompt in it
   * must wait for its response.
   */
  #place: Place = { session: "", project: "", branch: "", agent: "" };
  #copyOf: (Pick<Place, "session"> & Correction) | null = null;
  #mayBePrompt = false;
  /** Place of the newest copied line. */
  #lastCopied: Place | null = null;

  constructor(file: SourceFile, emitter: Emitter) {
    this.#path = file.path;
    this.#emitter = emitter;
    const worktrees = emitter.memory === null ? firstWorktrees(file) : [];
    this.#memory = (emitter.memory as TranscriptMemory | null) ?? { worktrees, isFork: false, prompts: [], ranges: [] };
  }

  get worktrees(): Worktrees {
    return this.#memory.worktrees;
  }

  /** Processes a "worktree-state" line. */
  enterWorktree(line: Fields): void {
    this.#memory = { ...this.#memory, worktrees: withWorktree(this.worktrees, line) };
  }

  /** Starts a line with its time (epoch ms). `emit` then emits the line's actions. */
  startLine(line: Fields, at: number, kind: "response" | "result" | "other"): void {
    const session = transcriptOf(line, this.#path);
    const isMarked = isFields(line["forkedFrom"]);
    const isResponse = kind === "response";
    const marked = isMarked || isResponse ? originalOf(line, session) : null;
    if (isResponse) this.#resolveWaiting(marked, isMarked);
    const { original } = this.#memory;
    const isOpen = !isMarked && !isResponse && original !== null;
    const isCopy = isMarked || (kind !== "other" && typeof original === "string");
    const place = placeOf(line, this.#path, this.worktrees);
    this.#place = place;
    this.#copyOf = isCopy ? asCopyOf(place, isMarked || isResponse ? marked : (original ?? null), session) : null;
    this.#mayBePrompt = isOpen && kind === "other";
    const version = text(line["version"], 40);
    if (isCopy) {
      this.#lastCopied = place;
      // Also if no response was copied, as from a session whose prompts were all interrupted.
      if (!this.#memory.isFork) this.#memory = { ...this.#memory, isFork: true };
    } else if (!isOpen && this.#lastRange?.session === place.session)
      extendRange(this.#lastRange, at, at, null, version);
    else this.#extend({ ...place, first: at, last: at, reason: null, version }, isOpen);
  }

  /** Emits an action of the current line under an id. */
  readonly emit: EmitTranscriptAction = (id, details) => {
    const { session, project, branch, agent } = this.#place;
    const copyOf = this.#copyOf;
    const body: ActionObservation = {
      session: copyOf?.session ?? session,
      project,
      branch,
      agent,
      action: details.action,
      copy: copyOf ? FORKED : 0,
      at: details.at ?? null,
      ended: details.ended ?? null,
      name: details.name ?? null,
      model: details.model ?? null,
      ok: details.ok ?? null,
      duration: details.duration ?? null,
      target: details.target ?? null,
      tool: details.tool ?? null,
      added: details.added ?? 0,
      removed: details.removed ?? 0,
      length: details.length ?? 0,
      formerSession: copyOf?.formerSession,
    };
    const one: TranscriptAction = { kind: "action", key: `action:${id}`, body };
    const isWaiting = this.#mayBePrompt && details.action === "prompt" && this.#memory.prompts.length < MAX_WAITING;
    if (isWaiting) this.#memory = { ...this.#memory, prompts: [...this.#memory.prompts, one] };
    else this.#emitter.emit(one);
  };

  /** Emits when its sessions were active, and stores the state needed to continue. */
  finish(): void {
    const { isFork, original, prompts, ranges } = this.#memory;
    for (const one of prompts) this.#emitAs(one, { copy: UNCERTAIN_COPY });
    // Without a response it is unknown whether these are copies, and there may never be one.
    const own = original === undefined ? [...this.#ownRanges.values(), ...ranges] : [...this.#ownRanges.values()];
    for (const body of own) this.#emitSession(isFork ? { ...body, formerSession: body.session } : { ...body });
    if (this.#lastCopied && own.length === 0) this.#withdraw(this.#lastCopied);
    this.#emitter.memory = this.#memory;
  }

  /** A response shows whether the lines since the previous response were copied. */
  #resolveWaiting(original: string | null, isMarked: boolean): void {
    const { prompts, ranges, isFork, worktrees } = this.#memory;
    const isCopy = original !== null;
    // If copied lines are marked, unmarked lines belong to the session itself.
    const next = isMarked ? null : original;
    if (next === this.#memory.original && prompts.length + ranges.length === 0) return;
    for (const [at, one] of prompts.entries())
      if (isCopy) this.#emitAs(one, { ...asCopyOf(one.body, original, one.body.session), copy: FORKED });
      else this.#emitAs(one, { copy: at === prompts.length - 1 ? 0 : UNCERTAIN_COPY });
    if (!isCopy) for (const range of ranges) this.#extend(range, false);
    this.#memory = { worktrees, original: next, isFork, prompts: [], ranges: [] };
  }

  #extend(one: SessionRange, isOpen: boolean): void {
    const { ranges } = this.#memory;
    const isFull = ranges.length >= MAX_WAITING;
    const waiting = isOpen ? ranges.find(({ session }) => session === one.session) : undefined;
    const known = waiting ?? (isOpen && !isFull ? undefined : this.#ownRanges.get(one.session));
    if (known) extendRange(known, one.first, one.last, one.reason, one.version);
    else if (isOpen && !isFull) this.#memory = { ...this.#memory, ranges: [...ranges, one] };
    else this.#ownRanges.set(one.session, one);
    if (!isOpen) this.#lastRange = known ?? one;
  }

  #emitAs({ kind, key, body }: TranscriptAction, changes: Partial<ActionObservation>): void {
    this.#emitter.emit({ kind, key, body: { ...body, ...changes } });
  }

  #emitSession(body: SessionObservation): void {
    this.#emitter.emit({ kind: "session", key: `session:${body.session}`, body });
  }

  /** Withdraws the session of a fork that has not done anything yet: the times observed before were its parent's. */
  #withdraw({ session, agent }: Place): void {
    const place = { session, formerSession: session, project: "", branch: "", agent };
    this.#emitSession({ ...place, first: 0, last: 0, reason: null, version: "", isWithdrawn: true });
  }
}

/** Extends a session's time range by another one. */
function extendRange(known: SessionRange, first: number, last: number, reason: string | null, version: string): void {
  known.first = Math.min(known.first, first);
  if (last < known.last) return;
  known.last = last;
  known.reason = reason;
  if (version) known.version = version;
}
