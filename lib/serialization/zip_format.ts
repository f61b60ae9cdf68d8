/**
 * The parts of a zip archive that PyTorch's files use.
 * Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

export const signatures = {
  localHeader: 0x04034b50,
  centralHeader: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  end64Locator: 0x07064b50
}

/** Sizes of the records without names and extra fields. */
export const sizes = { localHeader: 30, centralHeader: 46, end: 22, end64: 56, end64Locator: 20 }

/** How an entry's bytes are stored: as they are, or by Deflate. */
export const methods = { stored: 0, deflated: 8 }

/** In a 32-bit and a 16-bit field: the value stands in a zip64 record. */
export const in64 = 0xffffffff
export const in64Short = 0xffff

/** Id of the extra field with sizes and offset of 64 bits. */
export const zip64Field = 0x0001
/** Id of PyTorch's extra field that is there to align the data. */
export const paddingField = 0x4246

/** Names are UTF-8. */
export const utf8Flag = 0x0800
export const encryptedFlag = 0x0001
