export interface Contrast { text: string, color: string, ground: string, ratio: number }

/** For page.evaluate(): the contrast of each visible text with its background, as defined by WCAG 2. */
export const readContrasts = `
[...document.querySelectorAll('body *')]
  .filter(element => element.checkVisibility() && [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim() !== ''))
  .map(element => {
    const { color } = getComputedStyle(element)
    const ground = groundOf(element)
    const [darker, lighter] = [luminance(color), luminance(ground)].sort((a, b) => a - b)
    return { text: element.textContent, color, ground, ratio: (lighter + 0.05) / (darker + 0.05) }
  })

function groundOf (element) {
  const { backgroundColor } = getComputedStyle(element)
  return backgroundColor === 'rgba(0, 0, 0, 0)' ? groundOf(element.parentElement) : backgroundColor
}

function luminance (color) {
  const [red, green, blue] = color.match(/[\\d.]+/g).map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
`
