/** stub */
export class Generator {
  declare private generator: true
}
