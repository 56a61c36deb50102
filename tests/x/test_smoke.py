from datetime import timedelta
from tests.x.place import *
from tests.capture.house import FULL, NEW, WATCH, House

def test_smoke(house: House) -> None:
    p = place(house)
    post = p.say(p.id, "Snow emergency from 9 p.m. https://city.example/snow & more")
    r = p.say(p.cast.residents[0], "@x_city really?", answering=post)
    house.later(minutes=5)
    house.city.edit(post, "Snow emergency from 10 p.m.")
    print(house.run(p.account, FULL))
    for k, v in house.records().items(): print(k, v.kind, v.state, v.versions, v.listing, v.author_handle, v.counts)
    print([ (v.text, v.as_of, v.content) for v in house.versions(key_of(post))])
    for s in house.server.log: print(s.status, s.target[:110])
    house.later(days=1)
    house.city.delete(r)
    print(house.run(p.account, FULL))
    print(house.row if 0 else p.row(r).state, [ (e.purpose, e.status) for e in house.exchanges()])
    print(house.states(key_of(r)))
    house.later(days=1)
    print(house.run(p.account, NEW), house.run(p.account, WATCH))
    for run in house.runs(): print(run.outcome, run.reason, run.drift, run.counts)
    for s in list(house.server.log)[-12:]: print(s.status, s.target[:130])
    print(house.gaps())
