/** What the process list says of this process. Without a name that is left to Node. */
export function setTitle ({ name }: { name?: string }, role: string): void {
  if (name !== undefined) process.title = `${name}: ${role}`
}
