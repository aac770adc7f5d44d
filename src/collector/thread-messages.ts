import { sources } from "../sources/registry.ts";
import type { Phase } from "../sources/contract.ts";
import { find } from "../utils/registry.ts";
import type { Task } from "./readers/contract.ts";
import type { FilePart } from "./reading.ts";

/**
 * What a reading thread or process has to read, as JSON. It may run another version than its parent, which started
 * before an update: the first one names `source` and no phase, and would be answered with activity in place of usage.
 * Each of the two versions finds no assistant in the other's request, and refuses it.
 */
export interface ReadRequest {
  /** The name of a source. */
  readonly assistant: string;
  readonly phase: Phase;
  /** The store is replaced by its name. */
  readonly tasks: readonly (Omit<Task, "store"> & { readonly store: string })[];
}

/** A message of a reading thread, as JSON: ready, a part of the task at an index, or done. */
export type ThreadMessage = "ready" | readonly [task: number, part: FilePart] | "done";

/** Characters of parts that may wait to be processed: what arrives while a batch is written. */
const MAX_WAITING_CHARACTERS = 24 * 1_048_576;

/** Restores a task that was sent as JSON. */
export function taskOf(assistant: string, { store: name, ...fields }: ReadRequest["tasks"][number]): Task {
  const store = find(sources, assistant, "assistant").stores.find((one) => one.name === name);
  if (!store) throw new Error(`${assistant} has no store ${name}`);
  return { ...fields, store };
}

/** Encodes a request to read some tasks as JSON. */
export function encodeRequest(assistant: string, phase: Phase, tasks: readonly Task[]): string {
  const request: ReadRequest = {
    assistant,
    phase,
    tasks: tasks.map((task) => ({ ...task, store: task.store.name })),
  };
  return JSON.stringify(request);
}

const NEXT = 0;
const WAITING = 1;

/**
 * Memory shared by threads: a free thread takes the next task, and no thread gets far ahead of the consumer of the
 * parts.
 */
export class SharedQueue {
  readonly memory: Int32Array<SharedArrayBuffer>;

  constructor(memory = new Int32Array(new SharedArrayBuffer(8))) {
    this.memory = memory;
  }

  /** Returns the index of the next task and takes it. */
  next(): number {
    return Atomics.add(this.memory, NEXT, 1);
  }

  /** Call before posting this many characters: blocks while too many are waiting. */
  offer(characters: number): void {
    for (;;) {
      const waiting = Atomics.load(this.memory, WAITING);
      if (waiting === 0 || waiting + characters <= MAX_WAITING_CHARACTERS) break;
      Atomics.wait(this.memory, WAITING, waiting);
    }
    Atomics.add(this.memory, WAITING, characters);
  }

  /** Call after this many characters were processed. */
  take(characters: number): void {
    Atomics.sub(this.memory, WAITING, characters);
    Atomics.notify(this.memory, WAITING);
  }
}
