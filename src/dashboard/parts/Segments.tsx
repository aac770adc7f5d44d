import { param, setParams } from "../client/location.ts";

/** A choice of one among a few, kept in the address. */
export function Segments<Choice extends string>({
  name,
  label,
  choices,
  fallback,
}: {
  /** The parameter of the address. */
  name: string;
  label: string;
  choices: readonly (readonly [choice: Choice, text: string])[];
  fallback: Choice;
}) {
  const chosen = choiceOf(name, choices, fallback);
  return (
    <div class="segments" role="group" aria-label={label}>
      {choices.map(([choice, text]) => (
        <button
          key={choice}
          type="button"
          aria-pressed={choice === chosen}
          onClick={() => setParams({ [name]: choice === fallback ? null : choice })}
        >
          {text}
        </button>
      ))}
    </div>
  );
}

/** The choice that the address names; the fallback for none or an unknown one. */
export function choiceOf<Choice extends string>(
  name: string,
  choices: readonly (readonly [choice: Choice, text: string])[],
  fallback: Choice,
): Choice {
  const given = param(name);
  return choices.find(([choice]) => choice === given)?.[0] ?? fallback;
}
