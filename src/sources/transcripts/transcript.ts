import type { ActionSeen, Correction, Observation, Place, SessionSeen } from "../../model/observation.ts";
import { type Fields, isFields } from "../../utils/json.ts";
import type { Findings, SourceFile } from "../contract.ts";
import { copied, FORKED, originalOf, placeOf, transcriptOf } from "./line.ts";
import { firstWorktrees, withWorktree, type Worktrees } from "./worktrees.ts";

/** Observes an action by its id. */
export type Tell = (id: string, seen: Partial<ActionSeen> & Pick<ActionSeen, "action">) => void;

/** A time range of a session while it is gathered. */
type Range = { -readonly [K in keyof SessionSeen]: SessionSeen[K] };

type Action = Observation<"action">;

/** More prompts, and sessions of one transcript, than ever wait for an answer, bounded because of what a file may hold. */
const MOST_WAITING = 32;

/** `copy` of a prompt that may be its session's own or a copy: the session that has it for certain wins. */
const UNSURE = 2;

/** What has to be known of a transcript's lines to go on with it. */
interface Memory {
  readonly worktrees: Worktrees;
  /** The session of which the newest response is a copy; null where it is none, undefined before the first one. */
  readonly original?: string | null | undefined;
  readonly isFork: boolean;
  /** What is the session's own unless the next response turns out to be a copy. */
  readonly prompts: readonly Action[];
  readonly ranges: readonly Range[];
}

/**
 * Whose the lines of a transcript are. A fork begins with copies of its parent's lines, and those of `--fork-session` say so
 * on responses only. Results of tools follow the response that used them and are copies where it is one. A prompt stands
 * before its response: it waits for it, and is a copy where that is one. Of several before a response of the session's own
 * the last is its own for certain; the others were interrupted, in this session or in the one that it is a fork of.
 */
export class Transcript {
  readonly #path: string;
  readonly #findings: Findings;
  #memory: Memory;
  readonly #own = new Map<string, Range>();
  /** That of them which was extended last: the next line is nearly always of the same session. */
  #newest: Range | null = null;
  /** Of the line that was taken in last: where it stands, whose copy it is, and whether it may be a prompt that waits for its response. */
  #place: Place = { session: "", project: "", branch: "", agent: "" };
  #whose: (Pick<Place, "session"> & Correction) | null = null;
  #isPrompt = false;
  /** Where the newest copied line stands. */
  #copied: Place | null = null;

  constructor(file: SourceFile, findings: Findings) {
    this.#path = file.path;
    this.#findings = findings;
    const worktrees = findings.memory === null ? firstWorktrees(file) : [];
    this.#memory = (findings.memory as Memory | null) ?? { worktrees, isFork: false, prompts: [], ranges: [] };
  }

  get worktrees(): Worktrees {
    return this.#memory.worktrees;
  }

  /** Takes a "worktree-state" line in. */
  enter(line: Fields): void {
    this.#memory = { ...this.#memory, worktrees: withWorktree(this.worktrees, line) };
  }

  /** Takes in a line of a time (epoch ms): `tell` then observes its actions. */
  take(line: Fields, at: number, kind: "response" | "result" | "other"): void {
    const session = transcriptOf(line, this.#path);
    const isMarked = isFields(line["forkedFrom"]);
    const isResponse = kind === "response";
    const marked = isMarked || isResponse ? originalOf(line, session) : null;
    if (isResponse) this.#answer(marked, isMarked);
    const { original } = this.#memory;
    const isOpen = !isMarked && !isResponse && original !== null;
    const isCopy = isMarked || (kind !== "other" && typeof original === "string");
    const place = placeOf(line, this.#path, this.worktrees);
    this.#place = place;
    this.#whose = isCopy ? copied(place, isMarked || isResponse ? marked : (original ?? null), session) : null;
    this.#isPrompt = isOpen && kind === "other";
    const version = typeof line["version"] === "string" ? line["version"].slice(0, 40) : "";
    if (isCopy) {
      this.#copied = place;
      // Also where nothing is copied that was answered, as of a session whose prompts were all interrupted.
      if (!this.#memory.isFork) this.#memory = { ...this.#memory, isFork: true };
    } else if (!isOpen && this.#newest?.session === place.session) reach(this.#newest, at, at, null, version);
    else this.#extend({ ...place, first: at, last: at, reason: null, version }, isOpen);
  }

  /** Observes an action of the line that was taken in last, by its id. */
  readonly tell: Tell = (id, seen) => {
    const { session, project, branch, agent } = this.#place;
    const whose = this.#whose;
    const body: ActionSeen = {
      session: whose?.session ?? session,
      project,
      branch,
      agent,
      action: seen.action,
      copy: whose ? FORKED : 0,
      at: seen.at ?? null,
      ended: seen.ended ?? null,
      name: seen.name ?? null,
      model: seen.model ?? null,
      ok: seen.ok ?? null,
      duration: seen.duration ?? null,
      target: seen.target ?? null,
      tool: seen.tool ?? null,
      added: seen.added ?? 0,
      removed: seen.removed ?? 0,
      length: seen.length ?? 0,
      formerSession: whose?.formerSession,
    };
    const one: Action = { kind: "action", key: `action:${id}`, body };
    const isWaiting = this.#isPrompt && seen.action === "prompt" && this.#memory.prompts.length < MOST_WAITING;
    if (isWaiting) this.#memory = { ...this.#memory, prompts: [...this.#memory.prompts, one] };
    else this.#findings.observed(one);
  };

  /** Observes when its sessions were at work, and remembers what is needed to go on. */
  end(): void {
    const { isFork, original, prompts, ranges } = this.#memory;
    for (const one of prompts) this.#tell(one, { copy: UNSURE });
    // Until there is a response it is not known whether they are copies, and there may never be one.
    const own = original === undefined ? [...this.#own.values(), ...ranges] : [...this.#own.values()];
    for (const body of own) this.#observe(isFork ? { ...body, formerSession: body.session } : { ...body });
    if (this.#copied && own.length === 0) this.#withdraw(this.#copied);
    this.#findings.memory = this.#memory;
  }

  /** A response says whether what came since the one before is copied. */
  #answer(original: string | null, isMarked: boolean): void {
    const { prompts, ranges, isFork, worktrees } = this.#memory;
    const isCopy = original !== null;
    // Where every copied line is marked, what is not marked is the session's own.
    const next = isMarked ? null : original;
    if (next === this.#memory.original && prompts.length + ranges.length === 0) return;
    for (const [at, one] of prompts.entries())
      if (isCopy) this.#tell(one, { ...copied(one.body, original, one.body.session), copy: FORKED });
      else this.#tell(one, { copy: at === prompts.length - 1 ? 0 : UNSURE });
    if (!isCopy) for (const range of ranges) this.#extend(range, false);
    this.#memory = { worktrees, original: next, isFork, prompts: [], ranges: [] };
  }

  #extend(one: Range, isOpen: boolean): void {
    const { ranges } = this.#memory;
    const isFull = ranges.length >= MOST_WAITING;
    const waiting = isOpen ? ranges.find(({ session }) => session === one.session) : undefined;
    const known = waiting ?? (isOpen && !isFull ? undefined : this.#own.get(one.session));
    if (known) reach(known, one.first, one.last, one.reason, one.version);
    else if (isOpen && !isFull) this.#memory = { ...this.#memory, ranges: [...ranges, one] };
    else this.#own.set(one.session, one);
    if (!isOpen) this.#newest = known ?? one;
  }

  #tell({ kind, key, body }: Action, whose: Partial<ActionSeen>): void {
    this.#findings.observed({ kind, key, body: { ...body, ...whose } });
  }

  #observe(body: SessionSeen): void {
    this.#findings.observed({ kind: "session", key: `session:${body.session}`, body });
  }

  /** A fork that has done nothing itself yet is no session: its times were its parent's. */
  #withdraw({ session, agent }: Place): void {
    const place = { session, formerSession: session, project: "", branch: "", agent };
    this.#observe({ ...place, first: 0, last: 0, reason: null, version: "", isWithdrawn: true });
  }
}

/** Makes a range of a session reach over another one of it. */
function reach(known: Range, first: number, last: number, reason: string | null, version: string): void {
  known.first = Math.min(known.first, first);
  if (last < known.last) return;
  known.last = last;
  known.reason = reason;
  if (version) known.version = version;
}
