# Faults of sentinels that lead a gate, of a store that is out while the cache may
# answer, and passwords that change: a row each, as Healthcode::Faults explains
# them.  docs/operations/faults.md, "The table".

package Healthcode::Faults::Sentinel;

use strict;
use warnings;

use Time::HiRes qw(sleep time);

# the second if Redis answers after that moment, before their number is known
my $FEW = [ 'too few sentinels say who the master is', 'its sentinels are silent' ];


sub rows { return (_sentinels(), _stale(), _passwords()) }


# ---- sentinels ----

sub _sentinels {
    my %led = (via => 'sentinel', store => { sentinel_silence => '1s' });
    return ({
        name => 'all sentinels silent', %led, answer => 'store_timeout', line => $FEW,
        begin => sub { $_->freeze for $_[0]->city->sentinels },
        end => sub { $_->thaw for $_[0]->city->sentinels; return time },
    }, {
        name => 'a majority of sentinels gone', %led, answer => 'store_timeout',
        line => $FEW,
        begin => sub { $_->down for ($_[0]->city->sentinels)[0, 1] },
        end => sub { $_->up for ($_[0]->city->sentinels)[0, 1]; return time },
    }, {
        name => 'another master', via => 'sentinel', answer => '200',
        flagged => '403 flagged', line => undef,
        begin => sub {
            my ($w) = @_;
            my $old = $w->redis;
            $w->city->fail_over;
            $w->{redis} = $w->city->wait_master($old);
        },
        end => sub { return time },
    });
}


# ---- the cache answers ----

sub _stale {
    return ({
        name => 'refused, with stale', via => 'tcp', cache => 1,
        http => 'healthcode_on_outage stale=60s refused;',
        answer => '200', flagged => 'store_unavailable',
        line => 'connect() failed (111: Connection refused); start Redis',
        begin => sub { $_[0]->redis->down },
        end => sub { $_[0]->redis->up; $_[0]->fill; return time },
    });
}


# ---- passwords ----

sub _passwords {
    my $file = sub { $_[0]->f->replace('password', "$_[1]\n", 0600) };
    my $user = sub { my $w = shift; $w->redis->cmd('ACL', 'SETUSER', 'gate', @_) };
    return ({
        name => 'the password changes on both sides', answer => '200',
        flagged => '403 flagged', line => undef,
        begin => sub {
            my ($w) = @_;
            $user->($w, '>another-password');
            $file->($w, 'another-password');
            $w->nginx->logged(qr/its new password is in use/, 20) or die "not in use\n";
            $user->($w, '<' . $w->f->password);
            $w->kick;
        },
        end => sub {
            my ($w) = @_;
            $user->($w, '>' . $w->f->password);
            $file->($w, $w->f->password);
            $w->nginx->logged(qr/(?:its new password is in use.*?){2}/s, 20)
                or die "not in use\n";
            return time;
        },
    }, {
        name => 'the password changes in the file alone', answer => 'store_auth',
        line => 'its new password is refused: WRONGPASS',
        begin => sub { $file->($_[0], 'a-password-that-is-wrong') },
        end => sub { $file->($_[0], $_[0]->f->password); return time },
    });
}

1;
