import { foldName } from "#core/vietnamese.ts";

/** Types of places and what people call them. How long people stay in each is the tracing's own table. */
export const placeTypes = {
  shop: { vi: "Cửa hàng, siêu thị", en: "Shop, supermarket" },
  market: { vi: "Chợ", en: "Market" },
  restaurant: { vi: "Quán ăn, quán cà phê", en: "Restaurant, café" },
  office: { vi: "Văn phòng, công ty", en: "Office, company" },
  "government-office": { vi: "Cơ quan nhà nước", en: "Government office" },
  factory: { vi: "Nhà máy, xí nghiệp", en: "Factory" },
  school: { vi: "Trường học", en: "School" },
  hospital: { vi: "Bệnh viện", en: "Hospital" },
  clinic: { vi: "Phòng khám, trạm y tế", en: "Clinic, health station" },
  pharmacy: { vi: "Nhà thuốc", en: "Pharmacy" },
  station: { vi: "Bến xe, bến tàu", en: "Bus or ferry station" },
  "apartment-building": { vi: "Chung cư", en: "Apartment building" },
  hotel: { vi: "Khách sạn, nhà nghỉ", en: "Hotel, guest house" },
  worship: { vi: "Cơ sở tôn giáo", en: "Place of worship" },
  other: { vi: "Loại khác", en: "Other" },
} as const satisfies Readonly<Record<string, { readonly vi: string; readonly en: string }>>;
export type PlaceType = keyof typeof placeTypes;

/** What else people write for a type. */
const alsoCalled: Readonly<Record<string, PlaceType>> = {
  "cua hang": "shop",
  "sieu thi": "shop",
  "quan an": "restaurant",
  "nha hang": "restaurant",
  "quan ca phe": "restaurant",
  "van phong": "office",
  "cong ty": "office",
  "co quan": "government-office",
  "nha may": "factory",
  "xi nghiep": "factory",
  "phong kham": "clinic",
  "tram y te": "clinic",
  "ben xe": "station",
  "khach san": "hotel",
  "nha nghi": "hotel",
  chua: "worship",
  "nha tho": "worship",
  khac: "other",
};

export function isPlaceType(text: string): text is PlaceType {
  return Object.hasOwn(placeTypes, text);
}

/** The type that a person means by its key or by a name of it, with marks or without; null when it is none. */
export function placeTypeOf(text: string): PlaceType | null {
  const folded = foldName(text);
  if (isPlaceType(folded)) return folded;
  const keys = Object.keys(placeTypes).filter((key) => isPlaceType(key));
  const named = keys.find((key) => foldName(placeTypes[key].vi) === folded);
  if (named !== undefined) return named;
  return Object.hasOwn(alsoCalled, folded) ? (alsoCalled[folded] ?? null) : null;
}
