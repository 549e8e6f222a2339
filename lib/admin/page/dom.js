// What is shown comes from the wire, and becomes text: nothing here makes markup of it.

export function byId (id) {
  return document.getElementById(id)
}

export function element (name, { className = '', text = '', role } = {}) {
  const made = document.createElement(name)
  if (className !== '') made.className = className
  if (text !== '') made.textContent = text
  if (role !== undefined) made.setAttribute('role', role)
  return made
}

/** Touches the document only when something changed: most cells of 64 rows have not. */
export function setText (node, text) {
  if (node.textContent !== text) node.textContent = text
}

export function setData (node, name, value) {
  if (node.dataset[name] !== value) node.dataset[name] = value
}
