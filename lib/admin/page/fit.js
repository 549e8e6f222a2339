/**
 * Makes a box scroll only if its content is too wide. Inside a scrolling box, sticky elements would not
 * stick to the top of the page.
 */
export function scrollIfTooNarrow (box) {
  const content = box.firstElementChild
  const observer = new ResizeObserver(() => { box.classList.toggle('scrolls', content.getBoundingClientRect().width > box.getBoundingClientRect().width + 0.5) })
  observer.observe(box)
  observer.observe(content)
}
