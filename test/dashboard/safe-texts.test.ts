import { expect, test } from "bun:test";
import { makeSafe } from "../../src/dashboard/safe-texts.ts";

const HOSTILE = "\u202emain\u202c \u001b[31mred\u0000";
const SAFE = "main [31mred";

test("texts and labels of elements lose what turns text or controls a terminal", () => {
  const props = { title: HOSTILE, "aria-label": HOSTILE, children: ["a ", HOSTILE, [HOSTILE, 4]] };
  makeSafe(props);
  expect(props).toEqual({ title: SAFE, "aria-label": SAFE, children: ["a ", SAFE, [SAFE, 4]] });
});

test("values and addresses of elements stay as they are", () => {
  const props = { value: HOSTILE, href: HOSTILE, children: HOSTILE };
  makeSafe(props);
  expect(props).toEqual({ value: HOSTILE, href: HOSTILE, children: SAFE });
});
