/** A field for the name of a machine or person. */
export const NameField = (props: {
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly required?: boolean;
}) => (
  <label>
    {props.label}
    <input
      required={props.required}
      maxLength={200}
      autocomplete="off"
      spellcheck={false}
      value={props.value}
      onInput={({ currentTarget: { value } }) => props.change(value)}
    />
  </label>
);
