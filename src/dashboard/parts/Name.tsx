/** A text that somebody else chose, within a sentence: marks of direction in it do not reach beyond it, and a long one is cut. */
export const Name = ({ children }: { children: string }) => (
  <bdi class="name" title={children}>
    {children}
  </bdi>
);
