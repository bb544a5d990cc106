import { expect, it } from 'vitest'
import { appsOf } from './external-apps.ts'

const external = [
  { issuer: 'https://one.example', clientId: 'shop-frontend', app: 'shop' },
  { issuer: 'https://one.example', clientId: 'robot', app: 'their-robot' },
  { issuer: 'https://two.example', clientId: 'robot', app: 'other-robot' },
]

it('takes the clients of an issuer for the apps that say so, and those of no other', () => {
  const one = appsOf({ issuer: 'https://one.example', apps: {} }, external)
  expect(one).toEqual({ 'shop-frontend': 'shop', robot: 'their-robot' })
  expect(appsOf({ issuer: 'https://two.example', apps: {} }, external)).toEqual({ robot: 'other-robot' })
  expect(appsOf({ issuer: 'https://one.example.evil', apps: {} }, external)).toEqual({})
})

it('lets the config of the policy say otherwise', () => {
  const one = appsOf({ issuer: 'https://one.example', apps: { robot: 'ours' } }, external)
  expect(one).toEqual({ 'shop-frontend': 'shop', robot: 'ours' })
})
