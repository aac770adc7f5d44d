import { LineReader } from "./chunks.ts";
import { readTask } from "./reading.ts";
import { type Orders, type Said, Shared, taskOf } from "./shared.ts";

declare const self: Worker;

/** Makes this thread read, with others, what it is told to. It posts JSON, which is faster than having objects cloned. */
export function serve(): void {
  self.addEventListener("message", ({ data }: MessageEvent<[Int32Array<SharedArrayBuffer>, orders: string]>) => {
    const [memory, orders] = data;
    // What fails ends the thread, of which the one that reads for the ledger is told.
    void work(new Shared(memory), JSON.parse(orders) as Orders).then(() => say("done"));
  });
  say("ready");
}

async function work(shared: Shared, { source, pass, tasks }: Orders): Promise<void> {
  const lines = new LineReader();
  for (let at = shared.next(), order = tasks[at]; order; at = shared.next(), order = tasks[at]) {
    for await (const part of readTask(pass, taskOf(source, order), lines)) say([at, part], shared);
  }
}

function say(said: Said, shared?: Shared): void {
  const text = JSON.stringify(said);
  shared?.offer(text.length);
  self.postMessage(text, []);
}
