import { sources } from "../sources/registry.ts";
import type { Phase } from "../sources/contract.ts";
import { find } from "../utils/registry.ts";
import type { Task } from "./readers/contract.ts";
import type { Part } from "./reading.ts";

/** What reading threads are told, as JSON. */
export interface Orders {
  readonly source: string;
  readonly pass: Phase;
  /** The store of each by its name. */
  readonly tasks: readonly (Omit<Task, "store"> & { readonly store: string })[];
}

/** What a reading thread says, as JSON: that it listens, some of what a task gave, by the task's place, or that nothing is left. */
export type Said = "ready" | readonly [task: number, part: Part] | "done";

/** Characters of what was read that may wait to be taken: what comes while a batch is written. */
const MOST_WAITING = 24 * 1_048_576;

/** A task as it was before it was sent as JSON. */
export function taskOf(source: string, { store: name, ...rest }: Orders["tasks"][number]): Task {
  const store = find(sources, source, "assistant").stores.find((one) => one.name === name);
  if (!store) throw new Error(`${source} has no store ${name}`);
  return { ...rest, store };
}

/** Orders to read some tasks, as JSON. */
export function ordersOf(source: string, pass: Phase, tasks: readonly Task[]): string {
  const orders: Orders = { source, pass, tasks: tasks.map((task) => ({ ...task, store: task.store.name })) };
  return JSON.stringify(orders);
}

const NEXT = 0;
const WAITING = 1;

/** What threads share: who is free begins the next task, and nobody gets far ahead of who takes the parts. */
export class Shared {
  readonly memory: Int32Array<SharedArrayBuffer>;

  constructor(memory = new Int32Array(new SharedArrayBuffer(8))) {
    this.memory = memory;
  }

  /** Place of the next task that nobody has begun. */
  next(): number {
    return Atomics.add(this.memory, NEXT, 1);
  }

  /** Before so many characters are posted: sleeps while too many wait. */
  offer(characters: number): void {
    for (;;) {
      const waiting = Atomics.load(this.memory, WAITING);
      if (waiting === 0 || waiting + characters <= MOST_WAITING) break;
      Atomics.wait(this.memory, WAITING, waiting);
    }
    Atomics.add(this.memory, WAITING, characters);
  }

  /** Once so many characters were taken. */
  take(characters: number): void {
    Atomics.sub(this.memory, WAITING, characters);
    Atomics.notify(this.memory, WAITING);
  }
}
