import { sources } from "../sources/all.ts";
import { find } from "../utils/shelf.ts";
import { LineReader } from "./chunks.ts";
import { type Order, READY } from "./crew.ts";
import { readStretch } from "./reading.ts";

declare const self: Worker;

/** Makes this thread the second one: it reads what it is ordered to and posts the parts as JSON, which is faster than cloning them. */
export function serve(): void {
  const lines = new LineReader();
  self.addEventListener("message", ({ data }: MessageEvent<string>) => {
    const { source, pass, machine, stretch } = JSON.parse(data) as Order;
    for (const part of readStretch(find(sources, source, "source"), pass, machine, stretch, lines)) {
      self.postMessage(JSON.stringify(part), []);
    }
  });
  self.postMessage(READY, []);
}
