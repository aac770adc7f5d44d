import type { HeldValue } from "./steps.ts";
import type { TimeTick } from "./time-axis.ts";

/** What a chart of a session draws; times are epoch milliseconds. */
export interface SessionDrawing {
  readonly from: number;
  readonly to: number;
  /** Fill of the context, as a part of `fillTop`. */
  readonly fill: readonly HeldValue[];
  readonly fillTop: number;
  readonly fillTicks: readonly { readonly value: number; readonly text: string }[];
  readonly cost: readonly HeldValue[];
  readonly compactions: readonly TimeTick[];
  readonly agents: readonly {
    readonly from: number;
    readonly to: number;
    readonly name: string;
    readonly title: string;
  }[];
  readonly ticks: readonly TimeTick[];
  /** The times at which the numbers can be read, ascending. */
  readonly times: readonly number[];
}
