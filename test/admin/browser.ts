import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** The path of Debian's package. */
const executablePath = '/usr/bin/chromium'

/** Why browser tests are skipped, if there is no browser. CI installs one: see .ci/run. */
export const noBrowser: string | false = existsSync(executablePath) ? false : `${executablePath} is not installed`

export async function launch (): Promise<Browser> {
  return await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
  })
}

/** Milliseconds to wait for something on a page. A safeguard, which even a busy machine does not reach. */
const PATIENCE = 120_000

/** A page in a browser context of its own, and the list of problems that it has caused. */
export async function openPage (browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<{ page: Page, problems: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  context.setDefaultTimeout(PATIENCE)
  const page = await context.newPage()
  const problems: string[] = []
  page.on('console', message => { if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text()) })
  page.on('pageerror', error => { problems.push(String(error)) })
  page.on('request', request => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) problems.push(`asks ${request.url()}`)
  })
  await page.addInitScript("addEventListener('securitypolicyviolation', event => { console.error('CSP: ' + event.violatedDirective) })")
  return { page, problems }
}
