import { sources } from "../sources/all.ts";
import { find } from "../utils/shelf.ts";
import { LineReader } from "./chunks.ts";
import { readTask } from "./reading.ts";
import { type Orders, type Said, Shared } from "./shared.ts";

declare const self: Worker;

/** Makes this thread read, with others, what it is told to. It posts JSON, which is faster than having objects cloned. */
export function serve(): void {
  self.addEventListener("message", ({ data }: MessageEvent<[Int32Array<SharedArrayBuffer>, orders: string]>) => {
    const [memory, orders] = data;
    work(new Shared(memory), JSON.parse(orders) as Orders);
    say("done");
  });
  say("ready");
}

function work(shared: Shared, { source, pass, tasks }: Orders): void {
  const { stores } = find(sources, source, "assistant");
  const lines = new LineReader();
  for (let at = shared.next(), order = tasks[at]; order; at = shared.next(), order = tasks[at]) {
    const { store: name, ...rest } = order;
    const store = stores.find((one) => one.name === name);
    if (!store) throw new Error(`${source} has no store ${name}`);
    for (const part of readTask(pass, { ...rest, store }, lines)) say([at, part], shared);
  }
}

function say(said: Said, shared?: Shared): void {
  const text = JSON.stringify(said);
  shared?.offer(text.length);
  self.postMessage(text, []);
}
