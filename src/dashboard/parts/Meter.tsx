/** A part of a whole as a bar beside its number, which says the same; none for null. */
export const Meter = ({ percent }: { percent: number | null }) => (
  <span class="meter" aria-hidden="true">
    <i style={{ width: `${percent ?? 0}%` }} />
  </span>
);
