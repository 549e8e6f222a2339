/** Sets this process's title in the process list. Without a name, Node's title stays. */
export function setTitle ({ name }: { name?: string }, role: string): void {
  if (name !== undefined) process.title = `${name}: ${role}`
}
