import { LineReader } from "./chunks.ts";
import { readTask } from "./reading.ts";
import { type ReadRequest, type ThreadMessage, SharedQueue, taskOf } from "./thread-messages.ts";

declare const self: Worker;

/**
 * Makes this thread read the tasks it is sent, shared with other threads. It posts JSON, which is faster than
 * structured cloning.
 */
export function serve(): void {
  self.addEventListener("message", ({ data }: MessageEvent<[Int32Array<SharedArrayBuffer>, request: string]>) => {
    const [memory, request] = data;
    // An error ends the thread, and the writing thread receives it as an error event.
    void work(new SharedQueue(memory), JSON.parse(request) as ReadRequest).then(() => send("done"));
  });
  send("ready");
}

async function work(shared: SharedQueue, { assistant, phase, tasks }: ReadRequest): Promise<void> {
  const lines = new LineReader();
  for (let at = shared.next(), task = tasks[at]; task; at = shared.next(), task = tasks[at]) {
    for await (const part of readTask(phase, taskOf(assistant, task), lines)) send([at, part], shared);
  }
}

function send(message: ThreadMessage, shared?: SharedQueue): void {
  const text = JSON.stringify(message);
  shared?.offer(text.length);
  self.postMessage(text, []);
}
