// The page shows data from the network. It is inserted as text only, never as markup.

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

/** Changes the document only if the text differs: in a table of 64 rows, most cells do not change. */
export function setText (node, text) {
  if (node.textContent !== text) node.textContent = text
}

export function setData (node, name, value) {
  if (node.dataset[name] !== value) node.dataset[name] = value
}
