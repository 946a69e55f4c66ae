/** Does something with each, a few at a time, and answers for which it worked. */
export async function sideBySide(ids: string[], fn: (id: string) => Promise<boolean>): Promise<string[]> {
  const rest = [...ids], done: string[] = [];
  const lane = async () => {
    for (let id = rest.shift(); id !== undefined; id = rest.shift()) if (await fn(id)) done.push(id);
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  return done;
}
