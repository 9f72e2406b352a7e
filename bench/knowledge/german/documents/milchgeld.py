"""Milchgeldberechnung der Molkereigenossenschaft Ellerquell eG (MGE).

Fassung 3.4, gültig ab 01.04.2025. Fachlich verantwortlich ist Benedikta
Schwollmann (Milchgeldstelle, Hausruf 486), technisch Nuri Havelkamp.
Das Modul wird vom Programm Taler aufgerufen und rechnet genau einen Hof und
einen Monat. Alle Preise sind in Cent je Kilogramm (ct/kg), alle Gebühren in Euro.

Grundregeln:
  * Basis sind 4,07 % Fett und 3,36 % Eiweiß. Abweichungen werden je 0,1
    Prozentpunkt bezahlt oder abgezogen.
  * Fett wird nur bis 4,92 % bezahlt, Eiweiß ohne Obergrenze.
  * Der Abschlag (82 %) wird am 11. des Folgemonats gezahlt, der Rest am 23.
  * Einsprüche sind bis 19 Tage nach der Abrechnung möglich und gehen an die
    ZAK (Zahlungs- und Abschlagskommission), nicht an die Milchgeldstelle.

Änderungsverlauf:
  3.4  01.04.2025  Grundpreis 41,37 statt 39,82 ct/kg (Beschluss B-25-11)
  3.3  01.10.2024  Grasbonus 1,95 statt 1,70 ct/kg, Ende 31.10. statt 30.09.
  3.2  01.01.2024  Dichtefaktor 1,0297 statt 1,0280; Abschlag 82 % statt 75 %
  3.1  01.12.2023  Tourenabschlag 0,11 ct/kg gestrichen (Ende der Tour Ibis)
  3.0  01.07.2023  Wechsel von float auf Decimal; Rundung auf 5 Cent
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

# --- Preise in ct/kg ---------------------------------------------------------
GRUNDPREIS = Decimal("41.37")
FETT_BASIS = Decimal("4.07")
EIWEISS_BASIS = Decimal("3.36")
FETT_JE_ZEHNTEL = Decimal("0.293")
EIWEISS_JE_ZEHNTEL = Decimal("0.447")
FETT_DECKEL = Decimal("4.92")

# Grasbonus: nur Mai bis Oktober und nur mit mindestens 127 Weidetagen im Vorjahr.
# Neue Mitglieder ohne Vorjahr bekommen ihn ab dem zweiten Liefermonat; Taler
# trägt für sie fest 127 Weidetage ein.
GRASBONUS = Decimal("1.95")
GRASBONUS_MONATE = range(5, 11)
WEIDETAGE_MINDESTENS = 127

# Rücklagegroschen: Einbehalt, bis der Hof 24 Geschäftsanteile zu je 165 Euro hat.
RUECKLAGEGROSCHEN = Decimal("0.35")
ANTEILE_VOLL = 24

# --- Zellzahl (je ml): obere Grenze und Zu- oder Abschlag ---------------------
# Bis 183.000 gibt es den Klarzuschlag. Maßgeblich ist das geometrische Mittel
# aus drei Monaten, nicht der letzte Einzelwert.
ZELLZAHL_STUFEN = (
    (183_000, Decimal("0.62")),
    (267_000, Decimal("0.00")),
    (358_000, Decimal("-0.84")),
)
ZELLZAHL_DARUEBER = Decimal("-2.35")

# --- Keimzahl (je ml): geometrisches Mittel aus zwei Monaten ------------------
KEIMZAHL_STUFEN = (
    (74_000, Decimal("0.00")),
    (116_000, Decimal("-1.15")),
)
KEIMZAHL_DARUEBER = Decimal("-3.40")

# --- Hemmstoff (Gelbprobe positiv) -------------------------------------------
# Der Abzug gilt für die gesamte Monatsmenge. Meldet der Hof den Fehler selbst
# vor der Abholung, entfällt der Abzug und es bleibt nur die Tankpauschale.
HEMMSTOFF_ABZUG = Decimal("-6.90")
TANKPAUSCHALE_EURO = Decimal("385.00")

# --- Stoppgeld ----------------------------------------------------------------
# Je Anfahrt unter 480 kg. Hochhöfe (Liste H-11) sind vom 12. Mai bis zum
# 23. September befreit, weil ihre Kühe dann auf der Alm Rauhjoch stehen.
STOPPGELD_EURO = Decimal("4.35")
STOPPGELD_GRENZE_KG = Decimal("480")
HOCHHOF_VON = (5, 12)
HOCHHOF_BIS = (9, 23)

# --- Umrechnung und Zahlung ---------------------------------------------------
DICHTEFAKTOR = Decimal("1.0297")
ABSCHLAG_ANTEIL = Decimal("0.82")
# Ist der Auszahlungsbetrag kleiner als 26 Euro, wird er auf den nächsten Monat
# vorgetragen. Der Vortrag ist höchstens dreimal hintereinander erlaubt.
MINDESTAUSZAHLUNG_EURO = Decimal("26.00")

# --- Überholt: nur noch für Nachberechnungen alter Monate ---------------------
GRUNDPREIS_BIS_2025_03 = Decimal("39.82")      # ersetzt durch GRUNDPREIS
DICHTEFAKTOR_BIS_2023 = Decimal("1.0280")      # ersetzt durch DICHTEFAKTOR
GRASBONUS_BIS_2024_09 = Decimal("1.70")        # ersetzt durch GRASBONUS
ABSCHLAG_BIS_2023 = Decimal("0.75")            # ersetzt durch ABSCHLAG_ANTEIL
TOURENABSCHLAG_IBIS = Decimal("0.11")          # seit 01.12.2023 ersatzlos gestrichen


@dataclass
class Anfahrt:
    """Eine Abholung: Tag und Menge in Litern laut Grünem Tourenbogen (GTB)."""

    tag: date
    liter: Decimal

    @property
    def kilogramm(self) -> Decimal:
        """Liter mal Dichtefaktor, auf ganze Kilogramm kaufmännisch gerundet."""
        return (self.liter * DICHTEFAKTOR).quantize(Decimal("1"), ROUND_HALF_UP)


@dataclass
class Hofmonat:
    """Alle Angaben zu einem Hof in einem Monat.

    ``anteile`` sind gezeichnete Geschäftsanteile. Nichtmitglieder haben immer
    0 Anteile, zahlen aber keinen Rücklagegroschen.
    """

    hofnummer: int
    monat: int
    fett: Decimal
    eiweiss: Decimal
    zellzahl: int
    keimzahl: int
    mitglied: bool = True
    hochhof: bool = False
    anteile: int = 0
    weidetage_vorjahr: int = 0
    hemmstoff: bool = False
    selbst_gemeldet: bool = False
    anfahrten: list[Anfahrt] = field(default_factory=list)

    @property
    def menge_kg(self) -> Decimal:
        """Summe der bereits gerundeten Anfahrten, nicht die Rundung der Summe."""
        return sum((a.kilogramm for a in self.anfahrten), Decimal("0"))


def stufe(wert: int, stufen, darueber: Decimal) -> Decimal:
    """Sucht den Zu- oder Abschlag; die obere Grenze gehört noch zur Stufe."""
    for grenze, betrag in stufen:
        if wert <= grenze:
            return betrag
    return darueber


def inhaltsstoffe(h: Hofmonat) -> Decimal:
    """Fett und Eiweiß gegen die Basis. Unter der Basis wird im gleichen Satz gekürzt."""
    fett = min(h.fett, FETT_DECKEL)
    zehntel_fett = (fett - FETT_BASIS) * 10
    zehntel_eiweiss = (h.eiweiss - EIWEISS_BASIS) * 10
    return zehntel_fett * FETT_JE_ZEHNTEL + zehntel_eiweiss * EIWEISS_JE_ZEHNTEL


def preis_je_kg(h: Hofmonat) -> Decimal:
    """Preis in ct/kg, auf drei Stellen kaufmännisch gerundet.

    Reihenfolge: Grundpreis, Inhaltsstoffe, Zellzahl, Keimzahl, Grasbonus,
    Hemmstoff, Rücklagegroschen. Der Grasbonus entfällt, wenn die Keimzahl über
    116.000 liegt, auch wenn genug Weidetage nachgewiesen sind.
    """
    preis = GRUNDPREIS + inhaltsstoffe(h)
    preis += stufe(h.zellzahl, ZELLZAHL_STUFEN, ZELLZAHL_DARUEBER)
    preis += stufe(h.keimzahl, KEIMZAHL_STUFEN, KEIMZAHL_DARUEBER)
    weide = h.weidetage_vorjahr >= WEIDETAGE_MINDESTENS
    if h.monat in GRASBONUS_MONATE and weide and h.keimzahl <= 116_000:
        preis += GRASBONUS
    if h.hemmstoff and not h.selbst_gemeldet:
        preis += HEMMSTOFF_ABZUG
    if h.mitglied and h.anteile < ANTEILE_VOLL:
        preis -= RUECKLAGEGROSCHEN
    return preis.quantize(Decimal("0.001"), ROUND_HALF_UP)


def stoppgeld(h: Hofmonat) -> Decimal:
    """Stoppgeld in Euro. Genau 480 kg sind frei. Höchstens 18 Stopps je Monat."""
    zahl = 0
    for a in h.anfahrten:
        frei = h.hochhof and HOCHHOF_VON <= (a.tag.month, a.tag.day) <= HOCHHOF_BIS
        if a.kilogramm < STOPPGELD_GRENZE_KG and not frei:
            zahl += 1
    return min(zahl, 18) * STOPPGELD_EURO


def auf_fuenf_cent(betrag: Decimal, mitglied: bool) -> Decimal:
    """Mitglieder werden auf volle 5 Cent aufgerundet, Nichtmitglieder abgerundet."""
    schritt = Decimal("0.05")
    art = ROUND_CEILING if mitglied else ROUND_FLOOR
    return ((betrag / schritt).quantize(Decimal("1"), art) * schritt).quantize(Decimal("0.01"))


def milchgeld(h: Hofmonat) -> dict[str, Decimal]:
    """Rechnet Auszahlung, Abschlag und Rest in Euro.

    Die Tankpauschale von 385 Euro fällt bei jeder positiven Gelbprobe an, auch
    bei Selbstmeldung. Gerundet wird nur der Endbetrag; der Abschlag wird auf
    volle Euro abgerundet, damit der Rest nie negativ wird.
    """
    betrag = h.menge_kg * preis_je_kg(h) / 100 - stoppgeld(h)
    if h.hemmstoff:
        betrag -= TANKPAUSCHALE_EURO
    betrag = auf_fuenf_cent(betrag, h.mitglied)
    if betrag < MINDESTAUSZAHLUNG_EURO:
        null = Decimal("0.00")
        return {"auszahlung": null, "abschlag": null, "rest": null, "vortrag": betrag}
    abschlag = (betrag * ABSCHLAG_ANTEIL).quantize(Decimal("1"), ROUND_FLOOR)
    return {
        "auszahlung": betrag,
        "abschlag": abschlag,
        "rest": betrag - abschlag,
        "vortrag": Decimal("0.00"),
    }
