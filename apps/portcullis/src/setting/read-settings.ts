import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { defineFaults } from '@portcullis/kernel/fault'
import { meant } from '@portcullis/kernel/nearest'
import { SECRET_PREFIX } from '@portcullis/system/environment-vault'
import { environmentName } from './setting.ts'
import { type SettingName, type Settings, settingNames, settings } from './settings.ts'

export const settingFaults = defineFaults('setting', {
  unknown: {
    status: 400,
    title: 'There is no such setting',
    remedy: 'Remove it or mend its spelling; `portcullis settings` lists them all.',
  },
  invalid: {
    status: 400,
    title: 'A setting has a value that it cannot have',
    remedy: 'Give it a value as described by `portcullis settings`.',
  },
  unreadable: {
    status: 400,
    title: 'The settings file cannot be read',
    remedy: 'It is YAML: one `name: value` a line, with the names that `portcullis settings` lists.',
  },
})

/** The file beside the state in which settings may be kept. */
export const SETTINGS_FILE = 'settings.yaml'

export type Environment = Readonly<Record<string, string | undefined>>

interface Given {
  readonly text: string
  readonly from: string
}

/**
 * Reads every setting: from the environment, else from `settings.yaml` in the home folder, else its default. Throws the
 * first `setting` fault; an unknown name is one, in either place.
 */
export function readSettings(environment: Environment): Settings {
  const given = fromEnvironment(environment)
  const home = given.get('home')?.text ?? (settings.home.default as string)
  for (const [name, value] of fromFile(join(home, SETTINGS_FILE))) {
    if (!given.has(name)) given.set(name, value)
  }
  return Object.fromEntries(settingNames.map((name) => [name, readValue(name, given.get(name))])) as Settings
}

function fromEnvironment(environment: Environment): Map<SettingName, Given> {
  const names = new Map(settingNames.map((name) => [environmentName(name), name]))
  const given = new Map<SettingName, Given>()
  for (const [key, text] of Object.entries(environment)) {
    // Secrets that policies name stand beside the settings; the vault reads them.
    if (!key.startsWith('PORTCULLIS_') || key.startsWith(SECRET_PREFIX) || text === undefined) continue
    const name = names.get(key)
    if (name === undefined) {
      throw settingFaults.unknown({
        detail: `The environment variable ${key} is not a setting.${meant(key, names.keys())}`,
      })
    }
    given.set(name, { text, from: `environment variable ${key}` })
  }
  return given
}

function fromFile(file: string): Map<SettingName, Given> {
  const given = new Map<SettingName, Given>()
  for (const [key, value] of Object.entries(readYaml(file))) {
    const name = settingNames.find((each) => each === key)
    const place = { file, path: `/${key}` }
    if (name === undefined) {
      throw settingFaults.unknown({ detail: `"${key}" is not a setting.${meant(key, settingNames)}`, place })
    }
    if (name === 'home') {
      throw settingFaults.invalid({
        detail: 'The home folder cannot be set in a file that lies in it.',
        remedy: `Set ${environmentName('home')} instead.`,
        place,
      })
    }
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw settingFaults.invalid({ detail: `"${key}" must be one plain value.`, place })
    }
    given.set(name, { text: String(value), from: `${file}, ${key}` })
  }
  return given
}

function readYaml(file: string): Record<string, unknown> {
  const text = readIfThere(file)
  if (text === undefined) return {}
  // Loaded where there is such a file: most gateways have none, and keep no reader of YAML in memory.
  const { parseDocument } = createRequire(import.meta.url)('yaml') as typeof import('yaml')
  const document = parseDocument(text)
  const [error] = document.errors
  if (error !== undefined) {
    const [start] = error.linePos ?? []
    const place = { file, ...(start && { line: start.line, column: start.col }) }
    throw settingFaults.unreadable({ detail: error.message.split('\n')[0] ?? 'malformed YAML', place })
  }
  const value: unknown = document.toJS({ maxAliasCount: 0 })
  if (value === null || value === undefined) return {}
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw settingFaults.unreadable({ detail: 'It is no list of names and values.', place: { file } })
  }
  return value as Record<string, unknown>
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw settingFaults.unreadable({ detail: `${file} cannot be opened.`, place: { file }, cause: error })
  }
}

function readValue(name: SettingName, given: Given | undefined): unknown {
  const setting = settings[name]
  const text = given?.text ?? setting.default
  if (text === undefined) return undefined
  const parsed = setting.parse(text)
  if ('value' in parsed) return parsed.value
  const shown = 'secret' in setting ? 'its value' : `"${text.slice(0, 80)}"`
  throw settingFaults.invalid({
    detail: `${name}: ${shown} (${given?.from ?? 'default'}) is not ${parsed.expected}.`,
  })
}

/** What is thrown for a setting that means nothing without another. */
export function needsSetting(name: SettingName, other: SettingName): Error {
  return settingFaults.invalid({
    detail: `${name} is set, and ${other} is not.`,
    remedy: `Set ${environmentName(other)} too, or leave ${environmentName(name)} out.`,
  })
}
