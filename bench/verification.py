"""How fast verification is at the size of a big firm's database, beside Odoo's own count of similar leads.

    createdb bench && scripts/odoo -d bench -i crm_firm --stop-after-init
    scripts/odoo shell -d bench --no-http < bench/verification.py

The database grows to 10,000 contacts and 2,000 leads, then to 1,000,000 and 200,000: use one of its own and drop it
afterwards (2.5 GB). CRM_FIRM_BENCH_CONTACTS="10000 1000000" changes the sizes. One process; medians of 200 verifications.
"""

import io
import os
import random
import statistics
import time

from odoo.addons.crm.models.crm_lead import CrmLead as PlainLead

from odoo.addons.crm_firm.tools import match_keys

# Names weighed roughly as they are in Spain: the first ones are the most frequent.
FIRST = [
    "Antonio", "María", "Manuel", "José", "Francisco", "David", "Juan", "Javier", "Daniel", "Carlos", "Laura", "Ana", "Carmen",
    "Isabel", "Cristina", "Marta", "Lucía", "Dolores", "Pilar", "Rosa", "Sara", "Paula", "Elena", "Raquel", "Jesús", "Alejandro",
    "Miguel", "Rafael", "Pedro", "Ángel", "Pablo", "Sergio", "Fernando", "Jorge", "Luis", "Alberto", "Álvaro", "Adrián", "Diego",
    "Raúl", "Iván", "Enrique", "Ramón", "Vicente", "Víctor", "Beatriz", "Nuria", "Silvia", "Rocío", "Montserrat", "Irene",
    "Julia", "Alba", "Patricia", "Teresa", "Encarnación", "Mercedes", "Andrea", "Eva", "Noelia", "Inés", "Sandra", "Mónica",
    "Gloria", "Aurora", "Concepción", "Josefa", "Francisca", "Antonia", "Manuela", "Juana", "Margarita", "Susana", "Natalia",
    "Claudia", "Celia", "Ignacio", "Óscar", "Rubén", "Eduardo", "Guillermo", "Gonzalo", "Roberto", "Santiago", "Andrés", "Mario",
    "Félix", "Emilio", "Tomás", "Agustín", "Ricardo", "Jaime", "Joaquín", "Salvador", "Gabriel", "Marcos", "Mariano", "Lorenzo",
    "Esteban", "César", "Hugo", "Martín", "Nicolás", "Ismael", "Rodrigo", "Jordi", "Marc", "Pau", "Iker", "Aitor", "Ander",
    "Mikel", "Unai", "Ainhoa", "Leire", "Nerea", "Amaia",
]  # fmt: skip
SURNAMES = [
    "García", "Rodríguez", "González", "Fernández", "López", "Martínez", "Sánchez", "Pérez", "Gómez", "Martín", "Jiménez",
    "Hernández", "Ruiz", "Díaz", "Moreno", "Muñoz", "Álvarez", "Romero", "Gutiérrez", "Alonso", "Navarro", "Torres", "Domínguez",
    "Ramos", "Vázquez", "Ramírez", "Gil", "Serrano", "Morales", "Molina", "Blanco", "Suárez", "Castro", "Ortega", "Delgado",
    "Ortiz", "Marín", "Rubio", "Núñez", "Medina", "Sanz", "Castillo", "Iglesias", "Cortés", "Garrido", "Santos", "Guerrero",
    "Lozano", "Cano", "Cruz", "Méndez", "Flores", "Prieto", "Herrera", "Peña", "León", "Márquez", "Cabrera", "Gallego", "Calvo",
    "Vidal", "Campos", "Reyes", "Vega", "Fuentes", "Carrasco", "Díez", "Aguilar", "Caballero", "Nieto", "Santana", "Vargas",
    "Pascual", "Giménez", "Herrero", "Hidalgo", "Montero", "Lorenzo", "Benítez", "Durán", "Ibáñez", "Arias", "Mora", "Ferrer",
    "Carmona", "Rojas", "Soto", "Crespo", "Román", "Pastor", "Velasco", "Parra", "Sáez", "Moya", "Bravo", "Rivera", "Gallardo",
    "Soler", "Silva", "Pardo", "Franco", "Merino", "Rivas", "Lara", "Espinosa", "Izquierdo", "Mendoza", "Vera", "Arroyo",
    "Camacho", "Casado", "Luque", "Sierra", "Redondo", "Montes", "Rey", "Galán", "Carrillo", "Otero", "Segura", "Heredia",
    "Soriano", "Bernal", "Robles", "Palacios", "Valero", "Vila", "Macías", "Varela", "Contreras", "Expósito", "Pereira", "Guerra",
    "Heras", "Roldán", "Villar", "Zamora", "Ochoa", "Miranda", "Mateo", "Escudero", "Aguilera", "Menéndez", "Santamaría",
    "Acosta", "Estévez", "Salas", "Beltrán", "Ríos", "Conde", "Casas", "Simón", "Polo", "Cuesta", "Guillén", "Ávila", "Bermúdez",
    "Sola", "Quintana", "Blázquez", "Millán", "Juárez", "Plaza", "Aparicio", "Maldonado", "Trujillo", "Rincón", "Villanueva",
    "Salazar", "Bueno", "Hurtado", "Murillo", "Pons", "Escobar", "Barrios", "Cordero", "Arribas", "Cuenca", "Paredes", "Valverde",
    "Lorente", "Zapata", "Collado", "Pineda", "Bosch", "Oliva", "Cámara", "Cabello", "Padilla", "Ballesteros", "Corral", "Gracia",
    "Burgos", "Sevilla", "Salinas", "Peralta", "Toledo", "Sastre", "Olmo", "Mata", "Rueda", "Vallejo", "Puig", "Riera",
    "Ferreiro", "Seoane", "Etxeberria", "Agirre", "Mendizabal", "Zubizarreta",
]  # fmt: skip
TRADES = [
    "Construcciones", "Talleres", "Transportes", "Asesoría", "Bodegas", "Panadería", "Clínica", "Farmacia", "Inmobiliaria",
    "Gestoría", "Electricidad", "Carpintería", "Restaurante", "Hostelería", "Distribuciones", "Comercial", "Grupo", "Viajes",
    "Academia", "Óptica", "Logística", "Conservas", "Muebles", "Instalaciones", "Limpiezas", "Autocares", "Peluquería",
    "Imprenta", "Suministros", "Promociones",
]  # fmt: skip
FORMS = ["S.L.", "S.L.U.", "SL", "S.A.", "C.B.", "Sociedad Limitada", "S.L.P.", ""]
FREE = ["gmail.com", "hotmail.com", "yahoo.es", "outlook.es", "telefonica.net"]
NIF = "TRWAGMYFPDXBNJZSQVHLCKE"
QUEUE = 80


def pick(names, power=2.0):
    return names[int(len(names) * random.random() ** power)]


def get_person():
    # Three in ten give one surname only
    return " ".join([pick(FIRST), pick(SURNAMES, 2.2)] + ([pick(SURNAMES, 2.2)] if random.random() < 0.7 else []))


def get_company():
    return " ".join(filter(None, [pick(TRADES, 1.2), pick(SURNAMES, 1.6), pick(SURNAMES, 1.2), random.choice(FORMS)]))


def copy(cr, table, columns, rows):
    def text(value):
        return "\\N" if value is None or value is False else str(value).replace("\\", "").replace("\t", " ")

    buffer = io.StringIO("".join("\t".join(map(text, row)) + "\n" for row in rows))
    cr._obj.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", buffer)


def without_indexes(cr, table, fill):
    """Fill a table with its indexes away: a million rows go in within minutes instead of hours."""
    cr.execute(
        """SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT IN (
            SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass)""",
        [table, table],
    )
    indexes = cr.fetchall()
    for name, _definition in indexes:
        cr.execute(f'DROP INDEX "{name}"')
    fill()
    cr.execute("SET maintenance_work_mem = '512MB'")
    for _name, definition in indexes:
        cr.execute(definition)
    cr.commit()


def make_contact(number):
    is_company = number % 4 == 0
    name = get_company() if is_company else get_person()
    slug = match_keys.fold(name).replace(" ", "")
    domain = random.choice(FREE) if random.random() < 0.6 else f"{slug[:18]}{number % 97}.example.net"
    email = f"{slug[:14]}{number}@{domain}"
    vat = f"ES{number % 10**8:08d}{NIF[number % 23]}" if is_company or random.random() < 0.3 else None
    phone = f"+346{number % 10**8:08d}"
    return name, is_company, email, vat, phone


def fill_contacts(cr, start, count):
    columns = [
        "name", "complete_name", "is_company", "type", "active", "email", "email_normalized", "phone", "phone_sanitized", "vat",
        "autopost_bills", "lang", "crm_firm_name_key", "crm_firm_name_tokens", "crm_firm_vat_key", "crm_firm_email_domain",
    ]  # fmt: skip
    for begin in range(start, start + count, 50000):
        rows = []
        for number in range(begin, min(begin + 50000, start + count)):
            name, is_company, email, vat, phone = make_contact(number)
            rows.append(
                (
                    *(name, name, is_company, "contact", True, email, email, phone, phone, vat, "ask", "es_ES"),
                    *(match_keys.get_name_key(name), match_keys.get_name_tokens(name)),
                    *(match_keys.get_vat_key(vat), match_keys.get_company_domain(email)),
                )
            )
        copy(cr, "res_partner", columns, rows)
    cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE commercial_partner_id IS NULL")
    cr.commit()


def fill_leads(cr, start, count):
    from odoo.addons.iap.tools import iap_tools  # noqa: PLC0415

    columns = [
        "name", "type", "active", "contact_name", "partner_name", "email_from", "email_normalized", "email_domain_criterion",
        "phone", "phone_sanitized", "contact_status", "won_status", "priority", "probability", "name_tokens", "vat", "vat_key",
        "received_on", "create_date",
    ]  # fmt: skip
    for begin in range(start, start + count, 50000):
        rows = []
        for number in range(begin, min(begin + 50000, start + count)):
            # Half of the requests come from people who wrote before
            name, is_company, email, vat, phone = make_contact(number if number % 2 else number // 2)
            person = get_person() if is_company else name
            company = name if is_company else None
            rows.append(
                (
                    *(f"Consulta {number}", "lead", True, person, company, email, email),
                    *(iap_tools.mail_prepare_for_domain_search(email), phone, phone, "to_contact", "pending", "0", 0),
                    *(match_keys.get_name_tokens(person, company), vat, match_keys.get_vat_key(vat)),
                    *("2026-01-01 10:00:00", "2026-01-01 10:00:00"),
                )
            )
        copy(cr, "crm_lead", columns, rows)
    cr.commit()


def slip(name):
    """A typing error as hands make it, in the longest word."""
    words = name.split()
    longest = max(range(len(words)), key=lambda n: len(words[n]))
    word = words[longest]
    at = random.randrange(1, max(len(word) - 2, 2))
    kind = random.randrange(3)
    if kind == 0:
        word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif kind == 1:
        word = word[:at] + word[at + 1 :]
    else:
        word = word[:at] + random.choice("aeiorst") + word[at + 1 :]
    words[longest] = word
    return " ".join(words)


def measure(call, inputs):
    times = []
    for value in inputs:
        env.invalidate_all()
        start = time.perf_counter()
        call(value)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times), sorted(times)[int(len(times) * 0.95)]


def measure_queue(compute):
    times = []
    for number in range(11):
        leads = env["crm.lead"].search([("type", "=", "lead")], limit=QUEUE, offset=number * QUEUE, order="id desc")
        env.invalidate_all()
        leads.mapped("email_domain_criterion")  # the list has read its rows; the count is what differs
        start = time.perf_counter()
        with env.protecting([leads._fields["duplicate_lead_ids"], leads._fields["duplicate_lead_count"]], leads):
            compute(leads.sudo())  # as the ORM calls it
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def main():
    random.seed(2026)
    cr, results, filled = env.cr, {}, 0
    sizes = [int(size) for size in os.environ.get("CRM_FIRM_BENCH_CONTACTS", "10000 1000000").split()]
    Lead = env["crm.lead"].with_user(env.ref("base.user_admin"))
    for size in sizes:
        start = time.perf_counter()
        without_indexes(cr, "res_partner", lambda: fill_contacts(cr, filled, size - filled))  # noqa: B023
        without_indexes(cr, "crm_lead", lambda: fill_leads(cr, filled // 5, (size - filled) // 5))  # noqa: B023
        cr.execute("ANALYZE res_partner; ANALYZE crm_lead")
        cr.commit()
        cr._cnx.autocommit = True
        cr.execute("VACUUM res_partner")
        cr.execute("VACUUM crm_lead")
        cr._cnx.autocommit = False
        filled = size
        print(f"{size:>9,} contacts, {size // 5:>7,} leads: filled in {time.perf_counter() - start:.0f} s", flush=True)
        cr.execute("SELECT id FROM res_partner ORDER BY id DESC LIMIT 1")
        top = cr.fetchone()[0]
        ids = [random.randrange(top - size + 1, top) for _number in range(200)]
        people = env["res.partner"].browse(ids).exists().read(["name", "email", "phone", "vat"])
        exact = [{"vat": p["vat"], "email": p["email"], "phone": p["phone"]} for p in people]
        fuzzy = [{"name": slip(p["name"])} for p in people]
        full = [e | f for e, f in zip(exact, fuzzy, strict=True)]
        strangers = [{"name": f"{pick(FIRST, 1)} {pick(SURNAMES, 1)}x {pick(SURNAMES, 1)}z"} for _number in range(200)]
        hits = sum(bool({"name", "similar"} & {r for m in Lead.find_matches_for(c) for r in m["reasons"]}) for c in fuzzy)
        results[size] = {
            "exact keys": measure(Lead.find_matches_for, exact),
            "name with a typing error": measure(Lead.find_matches_for, fuzzy),
            "all keys": measure(Lead.find_matches_for, full),
            "name of a stranger": measure(Lead.find_matches_for, strangers),
            "queue of 80, Odoo's duplicate count": (measure_queue(PlainLead._compute_potential_lead_duplicates), None),
            "queue of 80, ours": (measure_queue(type(env["crm.lead"])._compute_potential_lead_duplicates), None),
        }
        print(f"          typing errors found: {hits} of {len(fuzzy)}")
        for label, (median, p95) in results[size].items():
            tail = f"   95 %: {p95:8.1f} ms" if p95 else ""
            print(f"          {label:<40} median {median:8.1f} ms{tail}", flush=True)
    if len(sizes) > 1:
        small, big = results[sizes[0]], results[sizes[-1]]
        for label in big:
            print(f"{label:<40} {big[label][0] / small[label][0]:6.2f} x from {sizes[0]:,} to {sizes[-1]:,} contacts")


main()
