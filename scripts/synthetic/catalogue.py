"""What the synthetic shop sells and where it keeps it. Written by hand: believable, not random."""

from dataclasses import dataclass
from decimal import Decimal

# Units of a scarce variant a location: about two and a half weeks of its sales.
SCARCE = 8


@dataclass(frozen=True)
class Variant:
    """price and cost in shop currency; popularity: relative odds of being bought; stock: units that
    a restock fills up to; scarce: restocked every third week, so that it runs out now and then."""

    sku: str
    product: str
    option: str
    price: Decimal
    cost: Decimal
    popularity: float
    stock: int
    scarce: bool = False


@dataclass(frozen=True)
class Product:
    title: str
    product_type: str
    vendor: str
    option_name: str
    variants: tuple[Variant, ...]


def _product(
    title: str,
    product_type: str,
    code: str,
    price: str,
    popularity: float,
    option_name: str,
    options: tuple[str, ...],
    scarce: bool = False,
) -> Product:
    cost = (Decimal(price) * Decimal("0.42")).quantize(Decimal("0.01"))
    variants = tuple(
        Variant(
            sku=f"{code}-{option.upper().replace(' ', '')[:6]}",
            product=title,
            option=option,
            price=Decimal(price),
            cost=cost,
            popularity=popularity / (1 + 0.6 * place),
            stock=SCARCE if scarce and place == 0 else round(14 + 24 * popularity / (1 + place)),
            scarce=scarce and place == 0,
        )
        for place, option in enumerate(options)
    )
    return Product(title, product_type, "Fern & Ridge", option_name, variants)


SIZES = ("M", "L", "S", "XL")
POLES = ("Standard", "Short")
CATALOGUE: tuple[Product, ...] = (
    _product("Trail Jacket", "Outerwear", "JKT", "148.00", 1.1, "Size", SIZES, scarce=True),
    _product("Merino Base Layer", "Clothing", "MBL", "72.00", 1.8, "Size", SIZES),
    _product("Hiking Socks", "Accessories", "SOC", "19.50", 3.2, "Size", ("M", "L")),
    _product("Wool Beanie", "Accessories", "BEA", "28.00", 2.4, "Colour", ("Moss", "Rust", "Navy")),
    _product("Day Pack 22L", "Packs", "DPK", "96.00", 1.4, "Colour", ("Slate", "Clay")),
    _product("Trekking Poles", "Gear", "POL", "84.90", 0.9, "Length", POLES, scarce=True),
    _product("Insulated Bottle", "Gear", "BTL", "34.00", 2.6, "Colour", ("Steel", "Moss", "Sand")),
    _product("Camp Mug", "Gear", "MUG", "16.00", 2.8, "Colour", ("White", "Blue")),
    _product("Headlamp 400", "Gear", "LMP", "49.95", 1.3, "Colour", ("Black",), scarce=True),
    _product("Trail Runners", "Footwear", "RUN", "129.00", 1.2, "Size", ("42", "43", "41", "40")),
    _product("Down Quilt", "Sleep", "QLT", "289.00", 0.4, "Size", ("Regular", "Long")),
    _product("Sleeping Pad", "Sleep", "PAD", "119.00", 0.6, "Size", ("Regular",)),
    _product("Trail Mix Box", "Food", "MIX", "24.00", 1.9, "Pack", ("12 bags", "24 bags")),
    _product("Repair Kit", "Gear", "KIT", "22.50", 0.8, "Kit", ("Standard",)),
)
VARIANTS: tuple[Variant, ...] = tuple(v for product in CATALOGUE for v in product.variants)
SCARCE_VARIANTS = tuple(variant for variant in VARIANTS if variant.scarce)
# Beside the location that every shop has.
LOCATIONS = (
    ("Reno Warehouse", "US", "NV", "Reno", "89501"),
    ("Boston Store", "US", "MA", "Boston", "02108"),
)
