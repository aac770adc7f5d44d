import { wireLimits } from "../model/wire.ts";
import type { FrameLimits } from "./outgoing.ts";

/** Frames are not made smaller than this after a cut, bytes. */
const FEWEST_BYTES = 4_096;
/** Acknowledged frames after which frames get larger again. */
const CALM_FRAMES = 8;

/** How large frames may be: half as large each time the link is cut while some are under way, as a thin line is cut in the middle of a large one. */
export class FrameSizes {
  #limits: FrameLimits = { rows: wireLimits.rows, bytes: wireLimits.frameBytes };
  #part = 1;
  #calm = 0;

  get current(): FrameLimits {
    const { rows, bytes } = this.#limits;
    return {
      rows: Math.max(1, Math.floor(rows * this.#part)),
      bytes: Math.max(FEWEST_BYTES, Math.floor(bytes * this.#part)),
    };
  }

  /** Takes the hub's limits, as far as they are below our own. */
  agree({ rows, bytes }: FrameLimits): void {
    this.#limits = {
      rows: Math.max(1, Math.min(rows, wireLimits.rows)),
      bytes: Math.max(FEWEST_BYTES, Math.min(bytes, wireLimits.frameBytes)),
    };
  }

  /** The link was cut while frames were under way. */
  cut(): void {
    this.#part = Math.max(this.#part / 2, 1 / wireLimits.rows);
    this.#calm = 0;
  }

  /** A frame was acknowledged. */
  acknowledged(): void {
    if (++this.#calm < CALM_FRAMES) return;
    this.#calm = 0;
    this.#part = Math.min(1, this.#part * 2);
  }
}
