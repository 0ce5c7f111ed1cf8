# What happens to a gate that is soaked, each a short time: its store, the way to
# it, its workers, its keys.  A new one is a line of the table.  Judges nothing.
# CONTRIBUTING.md, "Soak".

package Healthcode::Live::Disorder;

use strict;
use warnings;

use IO::Socket::UNIX;
use Socket qw(SOCK_STREAM);
use Time::HiRes qw(sleep time);

use Healthcode::Jws qw(b64 json);
use Healthcode::Redis;

my @ACL = split / /, $Healthcode::Redis::GATE_ACL;


# alone: no flag changes meanwhile, since what is lost would be lost for the
# prober as well.
my %FAULTS = (
    # the way to it
    'relay swallows' => { run => sub { _way(@_, 'swallow') } },
    'relay delays'   => { run => sub { _way(@_, 'delay', 100 + $_[0]->below(1300)) } },
    'garbage'        => { run => sub { _way(@_, 'garble') } },
    'cut'            => { run => sub { _way(@_, 'cut') } },
    'bytes'          => { run => sub { _way(@_, 'bytes') } },
    'refused'        => { run => sub { _way(@_, 'refuse') } },
    'killed clients' => { run => sub { my ($s, $w) = @_;
        for (0 .. $s->below(6)) { $w->redis->kick; _wait($s, $w, 300) } } },

    # what Redis says
    'silent'         => { run => \&_silent },
    'CLIENT PAUSE'   => { run => sub { my ($s, $w) = @_;
        my $ms = 200 + $s->below(2500);
        $w->redis->cmd('CLIENT', 'PAUSE', $ms, 'ALL');
        $w->pump($ms / 1000) } },
    'BUSY'           => { run => \&_busy },
    'WRONGPASS'      => { run => sub { my ($s, $w) = @_;
        _set($s, $w, [ 'ACL', 'SETUSER', 'gate', 'resetpass', '>another' ],
             _password_of($s, $w)) } },
    'NOPERM'         => { run => sub { my ($s, $w) = @_;
        my $right = qw(hgetall hmget hrandfield role info)[$s->below(5)];
        _set($s, $w, [ 'ACL', 'SETUSER', 'gate', "-$right" ],
             [ 'ACL', 'SETUSER', 'gate', @ACL ]) } },
    'maxclients'     => { run => sub { _set(@_, [ 'CONFIG', 'SET', 'maxclients', 1 ],
                                            [ 'CONFIG', 'SET', 'maxclients', 1000 ]) } },
    'OOM'            => { run => sub { _set(@_, [ 'CONFIG', 'SET', 'maxmemory', 1 ],
                                            [ 'CONFIG', 'SET', 'maxmemory', 0 ]) } },
    'evicting'       => { run => sub { _set(@_,
        [ 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru' ],
        [ 'CONFIG', 'SET', 'maxmemory-policy', 'noeviction' ]) } },
    'replica'        => { run => \&_replica },

    # what it has
    'flushed'        => { alone => 1, run => \&_flushed },
    'lost'           => { alone => 1, run => \&_lost },
    'restarted'      => { alone => 1, run => \&_restarted },

    # the gate
    'worker stopped' => { run => \&_stopped },
    'worker killed'  => { run => \&_killed },
    'reload'         => { run => \&_reload },
    'rotated keys'   => { run => \&_rotated },
    'rotated password' => { run => \&_password },
);

sub names { return sort keys %FAULTS }
sub fault { return $FAULTS{ $_[0] } }


sub _wait {
    my ($s, $w, $ms) = @_;
    $w->pump((50 + $s->below($ms)) / 1000);
}


# ---- the way to it ----

sub _way {
    my ($s, $w, $mode, $ms) = @_;
    $w->mode('gate', $mode, $ms // 0);
    # of a new connection there is something to spoil
    $w->redis->kick if $s->below(2);
    _wait($s, $w, 3000);
    $w->mode('gate', 'pass');

    # what was swallowed once stays so until the gate gives the connection up
    $w->pump(3) if $mode eq 'swallow';
}


# ---- Redis ----

# Cuts what is connected half of the time.
sub _set {
    my ($s, $w, $on, $off) = @_;
    $w->redis->cmd(@$on);
    $w->redis->kick if $s->below(2);
    _wait($s, $w, 2500);
    $w->redis->cmd(@$off);
}


sub _silent {
    my ($s, $w) = @_;
    $w->stop_pid($w->redis->pid);
    _wait($s, $w, 4000);
    $w->continue_pid($w->redis->pid);
}


sub _busy {
    my ($s, $w) = @_;
    my $script = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $w->redis->socket)
        or die "redis: $!\n";
    syswrite $script, "*3\r\n\$4\r\nEVAL\r\n\$17\r\nwhile 1 do end --\r\n\$1\r\n0\r\n";
    _wait($s, $w, 2500);
    # killed once it has run for "lua-time-limit"
    for (1 .. 100) { last if eval { $w->redis->cmd('SCRIPT', 'KILL') }; sleep 0.05 }
}


sub _replica {
    my ($s, $w) = @_;
    $w->redis->cmd('REPLICAOF', '127.0.0.1', 1);
    $w->tell('shut', 0, 'now');
    $w->sync;
    _wait($s, $w, 2500);
    $w->tell('shut', 0, 'open');
    $w->sync;
    $w->redis->cmd('REPLICAOF', 'NO', 'ONE');
}


# Nobody passes until the flags are there again, and the proof after them.
sub _refill {
    my ($s, $w) = @_;
    _wait($s, $w, 2000);
    $s->add_ill;
    $w->tell('shut', 0, 'open');
    $w->sync;
    $w->init_store(0);
}


sub _flushed {
    my ($s, $w) = @_;
    $w->tell('shut', 0, 'then');
    $w->sync;
    $w->admin->cmd('FLUSHALL');
    _refill($s, $w);
}


sub _down {
    my ($w) = @_;
    $w->redis->down;
    $w->hang_up;
}


# What redis.conf says is the first password.
sub _up {
    my ($s, $w) = @_;
    $w->redis->up;
    $w->redis->cmd(@{ _password_of($s, $w) });
}


sub _password_of {
    my ($s, $w) = @_;
    return [ 'ACL', 'SETUSER', 'gate', 'resetpass', '>' . ($s->{password} // $w->f->password) ];
}


sub _lost {
    my ($s, $w) = @_;
    $w->tell('shut', 0, 'now');
    $w->sync;
    _down($w);
    unlink $w->f->path('redis0.rdb');
    _wait($s, $w, 1500);
    _up($s, $w);
    _refill($s, $w);
}


# With all that it had.
sub _restarted {
    my ($s, $w) = @_;
    $w->redis->cmd('SAVE');
    _down($w);
    _wait($s, $w, 2000);
    _up($s, $w);
}


# ---- the gate ----

sub _stopped {
    my ($s, $w) = @_;
    my @workers = $w->nginx->workers or return;
    my $pid = $workers[$s->below(scalar @workers)];
    $w->tell('workers', 1);
    $w->stop_pid($pid);
    _wait($s, $w, 3000);
    $w->tell('workers', 2);
    $w->continue_pid($pid);
}


sub _killed {
    my ($s, $w) = @_;
    for (0 .. $s->below(3)) {
        my @workers = $w->nginx->workers or next;
        my $pid = $workers[$s->below(scalar @workers)];
        $s->{killed}{$pid} = 1;
        kill KILL => $pid;
        _wait($s, $w, 400);
    }
}


sub _reload {
    my ($s, $w) = @_;
    for (0 .. $s->below(3)) {
        $w->nginx->signal('HUP');
        _wait($s, $w, 1200);
    }
}


# A key comes, codes are made by it, the one before goes: by whose codes nobody
# passes from then on.
sub _rotated {
    my ($s, $w) = @_;
    my $f = $w->f;
    my @old = $s->{key} ? @{ $s->{key} } : ('site', $f->secret);
    my @new = ('soak-' . ++$s->{rotations}, "secret $s->{rotations} of the soak, of 32 bytes");
    my $set = sub {
        $f->replace('site.jwks', json({ keys => [ map { { kty => 'oct', alg => 'HS256',
            kid => $_->[0], k => b64($_->[1]) } } @_ ] }), 0600);
        $w->pump(3);
    };
    my $before = $f->site(claims => { sub => 'live-3' }, header => { kid => $old[0] },
                          secret => $old[1]);
    $set->(\@old, \@new);
    $w->{signer} = { header => { kid => $new[0] }, secret => $new[1] };
    $w->make_codes;
    $w->sync;
    $w->pump(0.5);
    $set->(\@new);
    $s->{key} = \@new;
    $s->never($before) if $s->{rotations} <= 20;
}


# Both count until the gate has the new one.
sub _password {
    my ($s, $w) = @_;
    my $old = $s->{password} // $w->f->password;
    my $new = $s->{password} = 'password-' . ++$s->{passwords};
    $w->redis->cmd('ACL', 'SETUSER', 'gate', ">$new");
    $w->f->replace('password', "$new\n", 0600);
    $w->nginx->reload(10);
    $w->redis->cmd('ACL', 'SETUSER', 'gate', "<$old");
    _wait($s, $w, 500);
}

1;
