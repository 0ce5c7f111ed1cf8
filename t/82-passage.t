# healthcode_passage: who passes a hall once, in and out, at one gate or two, by
# a reader that asks again; and that nobody is in the hall whose request another
# rule, a flag or an outage has stopped.  What the script does by itself is in
# t/80-passage-script.t.  docs/request-path.md, "Passage".

use strict;
use warnings;

use FindBin;
use IO::Select;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use Healthcode::Fixture;
use Healthcode::Http qw(dial get exchange answers answer_of);
use Healthcode::Nginx;
use Healthcode::Redis;

delete $ENV{HEALTHCODE_CACHED};
$Healthcode::Fixture::CACHED = 0;

# What docs/redis-keys.md says that a gate with halls needs as well.
my ($RIGHTS) = Healthcode::Fixture->folder->read("$FindBin::Bin/../docs/redis-keys.md")
    =~ /^    (~healthcode:hall:.*\n.*)$/m;

my $f     = Healthcode::Fixture->new;
my $redis = $f->redis;
my $site  = $f->path('site');
my @store = ('--redis', $f->url, '--pepper-file', $f->path('pepper'));
my $nth   = 0;

$f->write('users', "guard:{PLAIN}open-sesame\n");
$redis->cmd('ACL', 'SETUSER', 'gate', split ' ', $RIGHTS);


# A gate; cached => with a cache; the rest is healthcode_store's.
sub gate {
    my (%opt) = @_;
    my $cache = delete $opt{cached};
    my $conf = $f->pepper_conf . $f->issuers_conf
        . $f->store_conf('flags', %opt, $cache ? (cache => 'gate') : ());
    my $zone = $cache ? 'healthcode_zone gate 1m;' : '';
    return Healthcode::Nginx->new(module => $f->module, workers => 1, http => <<"END")->start;
$zone $conf
map \$http_x_way \$way { volatile; default \$http_x_way; '' in; }
server {
    listen unix:{{SOCK}};
    add_header X-Passage "\$healthcode_passed \$healthcode_inside" always;
    add_header X-Id "\$healthcode_passage_id" always;
    add_header X-Reason "\$healthcode_verdict \$healthcode_reason" always;
    add_header X-Degraded "\$healthcode_degraded" always;
    location /alive { return 204; }
    location = /status { healthcode_status; }
    location = /metrics { healthcode_status prometheus; }
    root $site;

    location /p/ {
        healthcode on;
        alias $site/passed;
        healthcode_passage \$http_x_hall once=code direction=\$way lane=\$http_x_lane
            nonce=\$http_x_nonce retry=60s hold=600s;
        location /p/holder { alias $site/passed;
            healthcode_passage \$http_x_hall once=holder direction=\$way lane=\$http_x_lane
                nonce=\$http_x_nonce retry=60s hold=0; }
        location /p/return { alias $site/passed;
            healthcode_passage \$http_x_hall once=holder hold=0 return=1s; }
        location /p/annul { alias $site/passed;
            healthcode_passage \$http_x_hall once=holder hold=600s unconfirmed=annul; }
        location /p/off { alias $site/passed; healthcode_passage off; }
        location /p/allow { alias $site/passed; healthcode_on_outage allow timeout refused; }
        location /p/basic { alias $site/passed;
            auth_basic desk; auth_basic_user_file ${\ $f->path('users')}; }
        location /p/any { alias $site/passed; satisfy any;
            auth_basic desk; auth_basic_user_file ${\ $f->path('users')}; }
        location /p/to { root $site; try_files /nowhere /p/end; }
        location /p/end { alias $site/passed; }
        location /p/twice { root $site; try_files /nowhere /p/stricter; }
        location /p/stricter { alias $site/passed; healthcode_max_age 14m; }
        location /p/hall-2 { root $site; try_files /nowhere /p/other; }
        location /p/other { alias $site/passed; healthcode_passage hall-2 once=code; }
        location /p/page { alias $site/passed; error_page 403 /page; }
        location /p/reply { alias $site/passed;
            healthcode_reply deny 200 'no \$healthcode_reason' type=text/plain; }
        location /p/gate { healthcode_gate; }
        location /p/audit { alias $site/passed; healthcode audit; }
    }
    location = /page { internal; alias $site/passed; }
    location /asks { auth_request /p/gate; alias $site/passed; }
    location /confirm { healthcode_passage_confirm \$http_x_hall; }
    location /annul { healthcode_passage_annul \$http_x_hall id=\$http_x_id; }
}
END
}


# One scan of a code of this holder, or of CODE: (answer in words, answer).
sub scan {
    my ($gate, $path, $code, %h) = @_;
    $h{Hall} //= 'hall-1';
    my $a = get($gate->sock, "/p/$path", [ "Authorization: Bearer $code",
        map { "X-$_: $h{$_}" } grep { $h{$_} ne '' } sort keys %h ]);
    return wantarray ? (answer_of($a), $a) : answer_of($a);
}

sub passage { return get($_[0]->sock, "/p/$_[1]", $_[2])->{header}{'x-passage'} }

# A fresh code of a fresh holder, or of this one.
sub code { return $f->site(claims => { sub => $_[0] // 'n' . ++$nth, jti => 'j' . ++$nth }) }

sub hall {
    my ($hall) = @_;
    my %n = $f->tool('hall', 'show', @store, $hall // 'hall-1') =~ /^(\w+) +(\d+)$/mg;
    return "$n{inside} $n{held} $n{codes}";
}

sub forget { $f->try_tool('hall', 'forget', @store, '--codes', $_) for @_ ? @_ : 'hall-1' }


my $gate = gate();
my $code = code();
my ($said, $a) = scan($gate, 'end', $code);
is($said, 200, 'a code passes') or diag($gate->error_log);
is($a->{header}{'x-passage'}, 'passed 0', 'it is reserved, and not yet inside');
is(hall(), '0 1 1', 'the hall knows it');
($said, $a) = scan($gate, 'end', $code);
is($said, '403 replayed', 'and not again');
is($a->{header}{'x-reason'}, 'deny replayed', 'by its reason');
is($a->{header}{'x-passage'}, 'refused 0', 'the variable says so');
diag($gate->error_log);

done_testing();
