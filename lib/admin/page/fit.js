/**
 * Lets a box scroll where its content is wider than the box, and only there: within a box that scrolls
 * nothing sticks to the top of the page.
 */
export function scrollIfTooNarrow (box) {
  const content = box.firstElementChild
  const observer = new ResizeObserver(() => { box.classList.toggle('scrolls', content.getBoundingClientRect().width > box.getBoundingClientRect().width + 0.5) })
  observer.observe(box)
  observer.observe(content)
}
