import fc from "fast-check";

const trivia = (eol: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(" ", "  ", "\t", eol, `${eol}  `) },
        {
          weight: 1,
          arbitrary: fc.stringMatching(/^[ -.0-~é]{0,12}$/).map((text) => `/*${text.replaceAll("*", "")}*/`),
        },
        { weight: 1, arbitrary: fc.stringMatching(/^[ -~漢]{0,12}$/).map((text) => `//${text}${eol}`) },
      ),
      { maxLength: 4 },
    )
    .map((parts) => parts.join(""));

const scalar = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }).map((text) => JSON.stringify(text.toWellFormed())),
  fc.constantFrom("0", "-1.5e3", "true", "false", "null", '"\\u00e9\\n\\/"', '"// no comment"', '"/*"'),
);

function value(eol: string, depth: number): fc.Arbitrary<string> {
  if (depth === 0) return scalar;
  return fc.oneof(
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: object(eol, depth - 1, fc.string({ maxLength: 4 })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.array(value(eol, depth - 1), { maxLength: 3 }), trivia(eol))
        .map(([items, space]) => `[${items.join(`${space},`)}${space}]`),
    },
  );
}

function object(eol: string, depth: number, key: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const space = trivia(eol);
  const member = fc
    .tuple(space, key, space, space, value(eol, depth), space)
    .map(([a, name, b, c, inner, d]) => `${a}${JSON.stringify(name)}${b}:${c}${inner}${d}`);
  return fc
    .tuple(fc.array(member, { maxLength: 5 }), space, fc.boolean())
    .map(([members, end, comma]) => `{${members.join(",")}${comma && members.length > 0 ? "," : ""}${end}}`);
}

const names = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: "binary", maxLength: 6 }).map((text) => text.toWellFormed()) },
  { weight: 1, arbitrary: fc.constantFrom("model", "__proto__", "env", "statusLine", "", "constructor") },
);

/** Realistic documents: comments, trailing commas, tabs, CRLF, byte order marks, odd keys, duplicate keys. */
export const documents: fc.Arbitrary<string> = documentsWith(names);

/** The same, with "statusLine" as every second key on average. */
export const documentsWithLine: fc.Arbitrary<string> = documentsWith(fc.oneof(names, fc.constant("statusLine"))).filter(
  (text) => text.includes('"statusLine"'),
);

function documentsWith(key: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .constantFrom("\n", "\r\n")
    .chain((eol) =>
      fc
        .tuple(fc.constantFrom("", "\uFEFF"), trivia(eol), object(eol, 2, key), trivia(eol))
        .map(([mark, before, body, after]) => `${mark}${before}${body}${after}`),
    );
}
